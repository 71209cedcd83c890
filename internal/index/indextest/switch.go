package indextest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"morag/internal/index"
)

func testSwitch(t *testing.T, l *library) {
	ctx := t.Context()
	chunks := chunksOf(0, "the first version")
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	later := chunksOf(1, "another text", "in two pieces")
	second := version("ann", "d", "v2", later)
	second.ContentType, second.ProcessingMethod = "audio", "remote"
	l.put(t, second, later)
	for axis := range 2 {
		hits, err := Nearest(ctx, l.Index, towards(axis), 10, own("ann"))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			if h.Name != "v2" || h.Owner != "ann" || h.Own[index.KeySourceType] != "audio" {
				t.Errorf("hit of %s, owner %s, %v", h.Name, h.Owner, h.Own)
			}
		}
		if len(hits) != 2 {
			t.Errorf("%d hits, want 2", len(hits))
		}
	}
	equal(t, "old words", nil, match(t, l.Index, "first", own("ann")))
	equal(t, "new words", []string{"d/0", "d/1"}, match(t, l.Index, "text pieces", own("ann")))

	for _, hide := range []string{"", "v1", "never"} {
		if err := l.Index.Switch(ctx, "v2", hide); err != nil {
			t.Errorf("shown already, hide %q: %v", hide, err)
		}
	}
	if err := l.Index.Switch(ctx, "", ""); err != nil {
		t.Errorf("neither: %v", err)
	}
	equal(t, "shown again", []string{"d/0", "d/1"}, match(t, l.Index, "text pieces", own("ann")))
}

func testHidden(t *testing.T, l *library) {
	chunks := chunksOf(0, "transient")
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	l.put(t, version("ann", "e", "v2", chunks), chunks)
	l.remove(t, "ann", "d")
	equal(t, "nearest", []string{"e/0"}, nearest(t, l.Index, 0, own("ann")))
	equal(t, "match", []string{"e/0"}, match(t, l.Index, "transient", own("ann")))
	if err := l.Index.Switch(t.Context(), "v1", ""); err == nil {
		t.Error("a version that was hidden is shown again")
	}
	if err := l.Index.Stage(t.Context(), version("ann", "d", "v1", chunks), chunks); err == nil {
		t.Error("chunks staged under a version that was hidden: not refused")
	}
	equal(t, "nearest", []string{"e/0"}, nearest(t, l.Index, 0, own("ann")))

	l.put(t, version("ann", "d", "v3", chunks), chunks)
	equal(t, "put again", []string{"d/0", "e/0"}, match(t, l.Index, "transient", own("ann")))
}

func testIncomplete(t *testing.T, l *library) {
	chunks := chunksOf(0, "one", "two", "three")
	v := version("ann", "d", "v1", chunks)
	refused(t, "nothing staged", l.Index.Switch(t.Context(), "v1", ""), index.ErrIncomplete)
	old := chunksOf(0, "four")
	l.put(t, version("ann", "d", "v0", old), old)
	l.stage(t, v, chunks[:2])
	refused(t, "two of three", l.Index.Switch(t.Context(), "v1", "v0"), index.ErrIncomplete)
	equal(t, "after the refusal", []string{"d/0"}, match(t, l.Index, "one two three four", own("ann")))

	l.stage(t, v, chunks)
	v.Chunks = 1 // the text was cut anew, in one piece
	l.put(t, v, nil)
	equal(t, "nearest", []string{"d/0"}, nearest(t, l.Index, 0, own("ann")))
	equal(t, "match", []string{"d/0"}, match(t, l.Index, "one two three", own("ann")))
	left, err := l.Index.Chunks(t.Context(), "v1", 0, 10)
	if err != nil || len(left) != 1 {
		t.Errorf("%d chunks, %v", len(left), err)
	}
}

func testNoChunks(t *testing.T, l *library) {
	l.put(t, version("ann", "silence", "v1", nil), nil)
	equal(t, "nearest", nil, nearest(t, l.Index, 0, own("ann")))
	chunks, err := l.Index.Chunks(t.Context(), "v1", 0, 10)
	if err != nil || len(chunks) > 0 {
		t.Errorf("chunks: %v, %v", chunks, err)
	}
}

func testRollback(t *testing.T, l *library) {
	chunks := chunksOf(0, "steady")
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	l.put(t, version("ann", "e", "v2", chunks), chunks)
	late := chunksOf(1, "hasty")
	l.stage(t, version("ann", "d", "v3", late), late)
	stop := errors.New("stop")
	err := l.Transact(t.Context(), func(ctx context.Context) error {
		if err := l.Index.Switch(ctx, "v3", "v1"); err != nil {
			t.Error(err)
		}
		if err := l.Index.Switch(ctx, "", "v2"); err != nil {
			t.Error(err)
		}
		return stop
	})
	refused(t, "transaction", err, stop)
	equal(t, "nearest", []string{"d/0", "e/0"}, nearest(t, l.Index, 0, own("ann")))
	equal(t, "match", []string{"d/0", "e/0"}, match(t, l.Index, "steady hasty", own("ann")))
	err = l.Transact(t.Context(), func(ctx context.Context) error { return l.Index.Switch(ctx, "v3", "v1") })
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "committed", []string{"d/0"}, match(t, l.Index, "hasty", own("ann")))
}

func testOwners(t *testing.T, l *library) {
	ctx := t.Context()
	chunks := chunksOf(0, "secret")
	for _, owner := range []string{"ann", "bob", ""} {
		l.put(t, version(owner, "d", "v-"+owner, chunks), chunks)
	}
	for _, owner := range []string{"ann", "bob", ""} {
		hits, err := Nearest(ctx, l.Index, towards(0), 10, own(owner))
		if err != nil || len(hits) != 1 || hits[0].Owner != owner {
			t.Errorf("owner %q: nearest %v, %v", owner, hits, err)
		}
		hits, err = Match(ctx, l.Index, "secret", 10, own(owner))
		if err != nil || len(hits) != 1 || hits[0].Owner != owner {
			t.Errorf("owner %q: match %v, %v", owner, hits, err)
		}
		filtered := index.Scope{Owner: owner, Filter: filter(t, map[string]any{"document_id": "d"})}
		equal(t, "filtered", []string{"d/0"}, nearest(t, l.Index, 0, filtered))
	}
	equal(t, "all owners", []string{"d/0", "d/0", "d/0"}, nearest(t, l.Index, 0, index.Scope{AllOwners: true}))
	equal(t, "nobody's", nil, nearest(t, l.Index, 0, own("eve")))
	l.remove(t, "bob", "d")
	equal(t, "the others", []string{"d/0", "d/0"}, match(t, l.Index, "secret", index.Scope{AllOwners: true}))
}

func testChunks(t *testing.T, l *library) {
	chunks := chunksOf(0, "zero", "one", "two", "three")
	chunks[2].Metadata = map[string]any{"start": 1.5, "end": 2.0}
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	for i := range chunks {
		chunks[i].Vector = nil
	}
	tests := []struct {
		from, n int
		want    []index.Chunk
	}{
		{0, 10, chunks},
		{0, 2, chunks[:2]},
		{1, 2, chunks[1:3]},
		{3, 2, chunks[3:]},
		{4, 2, nil},
		{0, 0, nil},
	}
	for _, tt := range tests {
		got, err := l.Index.Chunks(t.Context(), "v1", tt.from, tt.n)
		if err != nil {
			t.Error(err)
		}
		equal(t, fmt.Sprint("from ", tt.from, ", ", tt.n), tt.want, got)
	}
	_, err := l.Index.Chunks(t.Context(), "never", 0, 1)
	refused(t, "of no version", err, index.ErrNotFound)
}

// testPageBytes: a page of chunks is over with the one that fills it.
func testPageBytes(t *testing.T, l *library) {
	texts := make([]string, 5)
	for i := range texts {
		texts[i] = strings.Repeat("word ", index.PageBytes/4/5) + strings.Repeat("x", index.PageBytes/4%5)
	}
	chunks := chunksOf(0, texts...)
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	for from, want := range map[int]int{0: 4, 1: 4, 2: 3} {
		got, err := l.Index.Chunks(t.Context(), "v1", from, 1000)
		if err != nil || len(got) != want || got[0].Index != from {
			t.Errorf("from %d: %d chunks, want %d (%v)", from, len(got), want, err)
		}
	}
}
