package ingest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"morag/internal/convert"
	"morag/internal/job"
	"morag/internal/task"
)

// A failure keeps what another try needs, its source or its converted text; where neither
// is there any more, that is said.
func TestWhatAFailureKeepsForAnotherTry(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.embedder.breakDown(1000)
		created := h.submit("words", task.Options{})
		time.Sleep(48 * time.Hour) // the bubble's clock
		failed := h.whenIdle(created.ID)
		if failed.Status != task.Failure || h.blobs.count() != 2 {
			t.Fatalf("the task is %s, %d files are kept; want a failure, its source and its text", failed.Status, h.blobs.count())
		}
		if err := h.blobs.Delete(t.Context(), failed.Source.Ref); err != nil {
			t.Fatal(err)
		}
		h.embedder.breakDown(0)
		if _, err := h.Retry(t.Context(), me, created.ID); err != nil {
			t.Fatalf("its text is there, yet it cannot be tried again: %v", err)
		}
		if r := h.result(h.whenIdle(created.ID)); r.ChunksStored != 1 || h.converter.calls != 1 {
			t.Errorf("%+v after %d conversions", r, h.converter.calls)
		}
	})
}

func TestAFailureWithoutItsSourceIsNotTriedAgain(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.converter.fail(convert.NoEngine("install it"))
		created := h.submit("words", task.Options{})
		failed := h.whenIdle(created.ID)
		if err := h.blobs.Delete(t.Context(), failed.Source.Ref); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Retry(t.Context(), me, created.ID); !errors.Is(err, ErrSourceGone) {
			t.Errorf("without its source: %v", err)
		}
		if got := h.whenIdle(created.ID); got.Status != task.Failure || got.Revision != failed.Revision {
			t.Errorf("the task is %s", got.Status)
		}
		done := h.whenIdle(h.submit("others", task.Options{}).ID)
		h.converter.fail(nil)
		if _, err := h.Retry(t.Context(), me, done.ID); err != nil {
			t.Errorf("with its source: %v", err)
		}
		if r := h.result(h.whenIdle(done.ID)); !r.Success {
			t.Errorf("result %+v", r)
		}
		if _, err := h.Retry(t.Context(), me, done.ID); !errors.Is(err, task.ErrConflict) {
			t.Errorf("a success: %v", err)
		}
	})
}

// A result that is gone, or is none, ends the task with a sentence: to ask again would not
// bring it back.
func TestARemoteResultThatCannotBeUsed(t *testing.T) {
	for want, spoil := range map[string]func(results map[string][]byte, id string){
		"is gone":        func(results map[string][]byte, id string) { delete(results, id) },
		"cannot be read": func(results map[string][]byte, id string) { results[id] = []byte("no JSON") },
	} {
		t.Run(want, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, h *harness) {
				h.jobs.offer(true)
				h.embedder.breakDown(1)
				created := h.submit("sound", task.Options{Remote: true})
				id := h.whenIdle(created.ID).Remote.JobID
				if err := h.jobs.completeWith(t.Context(), id, job.Result{Content: "words", Metadata: json.RawMessage(`{}`)}); err != nil {
					t.Fatal(err)
				}
				if got := h.whenIdle(created.ID); got.Failures != 1 {
					t.Fatalf("the task is %s", got.Phase)
				}
				h.jobs.mu.Lock()
				spoil(h.jobs.results, id)
				h.jobs.mu.Unlock()
				time.Sleep(time.Minute) // the bubble's clock
				if got := h.whenIdle(created.ID); got.Status != task.Failure || !strings.Contains(got.Error, want) {
					t.Errorf("the task is %s: %q", got.Status, got.Error)
				}
			})
		})
	}
}
