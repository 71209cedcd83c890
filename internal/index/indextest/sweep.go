package indextest

import (
	"testing"
	"time"

	"morag/internal/index"
)

func testSweep(t *testing.T, l *library) {
	ctx := t.Context()
	old, current := chunksOf(0, "old one", "old two", "old three"), chunksOf(0, "new")
	l.put(t, version("ann", "d", "v1", old), old)
	l.put(t, version("ann", "d", "v2", current), current)
	l.put(t, version("ann", "e", "v3", current), current)
	l.remove(t, "ann", "e")
	lost := chunksOf(0, "forgotten", "for ever")
	l.stage(t, version("ann", "l", "lost", lost), lost)
	l.Advance(time.Hour)
	kept := chunksOf(0, "staged", "as well")
	l.stage(t, version("ann", "k", "kept", kept), kept)

	steps := []struct{ n, want int }{{2, 2}, {0, 0}, {3, 3}, {100, 1}, {100, 0}}
	for _, step := range steps {
		removed, err := l.Index.Sweep(ctx, step.n, time.Minute)
		if err != nil || removed != step.want {
			t.Errorf("sweep of %d: %d, %v, want %d", step.n, removed, err, step.want)
		}
		equal(t, "in place", []string{"d/0"}, nearest(t, l.Index, 0, own("ann")))
	}
	equal(t, "in place", []string{"d/0"}, match(t, l.Index, "new", own("ann")))
	equal(t, "removed words", nil, match(t, l.Index, "old forgotten", index.Scope{AllOwners: true}))
	_, err := l.Index.Chunks(ctx, "v1", 0, 1)
	refused(t, "chunks of what was swept", err, index.ErrNotFound)

	l.show(t, version("ann", "k", "kept", kept))
	equal(t, "what was kept", []string{"k/0"}, match(t, l.Index, "staged", own("ann")))
	equal(t, "what was kept", []string{"d/0", "k/0", "k/1"}, nearest(t, l.Index, 0, own("ann")))
}

// testSweepAge goes on staging for longer than the age: what counts is when something
// was last added.
func testSweepAge(t *testing.T, l *library) {
	chunks := chunksOf(0, "one", "two", "three")
	v := version("ann", "d", "v1", chunks)
	for i := range chunks {
		l.stage(t, v, chunks[i:i+1])
		l.Advance(59 * time.Second)
		if removed, err := l.Index.Sweep(t.Context(), 100, time.Minute); err != nil || removed != 0 {
			t.Errorf("after chunk %d: swept %d, %v", i, removed, err)
		}
	}
	l.Advance(time.Second)
	if removed, err := l.Index.Sweep(t.Context(), 100, time.Minute); err != nil || removed != 3 {
		t.Errorf("after the age: swept %d, %v, want 3", removed, err)
	}
}

// testSweptStaged sweeps what a task has just staged: it cannot be shown in part.
func testSweptStaged(t *testing.T, l *library) {
	chunks := chunksOf(0, "one", "two", "three")
	v := version("ann", "d", "v1", chunks)
	l.stage(t, v, chunks)
	if removed, err := l.Index.Sweep(t.Context(), 2, 0); err != nil || removed != 2 {
		t.Fatalf("swept %d, %v", removed, err)
	}
	refused(t, "switch", l.Index.Switch(t.Context(), "v1", ""), index.ErrIncomplete)
	l.put(t, v, chunks)
	equal(t, "staged again", []string{"d/0", "d/1", "d/2"}, nearest(t, l.Index, 0, own("ann")))
	equal(t, "staged again", []string{"d/0", "d/1", "d/2"}, match(t, l.Index, "one two three", own("ann")))
}

func testReopen(t *testing.T, l *library) {
	old, current := chunksOf(0, "old"), chunksOf(0, "new", "newer", "newest")
	l.put(t, version("ann", "d", "v1", old), old)
	l.put(t, version("ann", "d", "v2", current), current)
	l.put(t, version("bob", "gone", "v3", current), current)
	l.remove(t, "bob", "gone")
	staged := chunksOf(0, "staged before")
	l.stage(t, version("ann", "e", "v4", staged), staged)
	before, err := Nearest(t.Context(), l.Index, towards(0), 10, index.Scope{AllOwners: true})
	if err != nil || len(before) != 3 {
		t.Fatal(before, err)
	}

	x := l.Reopen(t)
	l.Index = x
	if err := x.Ready(); err != nil {
		t.Fatal(err)
	}
	after, err := Nearest(t.Context(), x, towards(0), 10, index.Scope{AllOwners: true})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "nearest", before, after)
	equal(t, "match", []string{"d/0"}, match(t, x, "new", own("ann")))
	l.show(t, version("ann", "e", "v4", staged))
	equal(t, "staged before", []string{"d/0", "e/0", "d/1", "d/2"}, nearest(t, x, 0, own("ann")))
	l.put(t, version("ann", "d", "v5", old), old)
	equal(t, "replaced after", []string{"e/0", "d/0"}, nearest(t, x, 0, own("ann")))
	if removed, err := x.Sweep(t.Context(), 100, 0); err != nil || removed != 7 {
		t.Errorf("swept %d, %v, want 7", removed, err)
	}
}
