package ingest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"morag/internal/auth"
	"morag/internal/content"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/task"
	"morag/internal/transcript"
)

// A corrected document is cut as it was when it was ingested, and one whose correction
// fails, or comes late, stays what it was.
func TestCorrect(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		made := h.submit("The tight turns. "+strings.Repeat("And again. ", 100), task.Options{DocumentID: "talk", ChunkSize: 500})
		h.whenIdle(made.ID)
		look := func(ctx context.Context) (*document.Document, []content.Segment, error) {
			d, err := h.docs.Get(ctx, me.Owner, "talk")
			return d, []content.Segment{{Text: "The tight turns."}}, err
		}
		before, _, err := look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		correct := Correction{Version: before.Version, Correction: transcript.Correction{Changes: []transcript.Change{{Text: new("The tide turns.")}}}}

		h.embedder.failures = 1
		if _, err := h.Correct(t.Context(), me, look, correct); !errors.Is(err, embed.ErrTransient) {
			t.Errorf("without an embedder: %v", err)
		}
		if _, err := h.Correct(t.Context(), auth.Scope{Owner: "other", All: true}, look, correct); !errors.Is(err, auth.ErrOthers) {
			t.Errorf("by somebody who may not: %v", err)
		}
		if text := h.text("talk"); !strings.HasPrefix(text, "The tight turns.") {
			t.Errorf("after failures: %.40s", text)
		}
		done, err := h.Correct(t.Context(), me, look, correct)
		if err != nil || done.Changed != 1 || done.Document.ChunkCount != before.ChunkCount || before.ChunkCount < 3 {
			t.Fatalf("%+v, %v; there were %d chunks", done, err, before.ChunkCount)
		}
		if text := h.text("talk"); !strings.HasPrefix(text, "The tide turns. And") || h.index.shown[before.Version] {
			t.Errorf("after it: %.40s, shown are %v", text, h.index.shown)
		}
		if _, err := h.Correct(t.Context(), me, look, correct); !errors.Is(err, ErrOutdated) {
			t.Errorf("once more, of what was there before: %v", err)
		}
		// Somebody else corrects it between the look and the commit.
		late := func(context.Context) (*document.Document, []content.Segment, error) {
			return before, []content.Segment{{Text: "The tide turns."}}, nil
		}
		correct.Changes[0].Text = new("No.")
		if _, err := h.Correct(t.Context(), me, late, correct); !errors.Is(err, ErrOutdated) {
			t.Errorf("of what changes meanwhile: %v", err)
		}
	})
}
