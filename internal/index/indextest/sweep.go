package indextest

import (
	"testing"

	"morag/internal/index"
)

func testSweep(t *testing.T, s Store) {
	ctx := t.Context()
	old, current := chunksOf(0, "old one", "old two", "old three"), chunksOf(0, "new")
	put(t, s.Index, document("ann", "d", "v1", old), old)
	put(t, s.Index, document("ann", "d", "v2", current), current)
	put(t, s.Index, document("ann", "e", "v3", current), current)
	if _, err := s.Index.Delete(ctx, "ann", "e"); err != nil {
		t.Fatal(err)
	}
	stage(t, s.Index, "kept", chunksOf(0, "staged", "as well"))
	stage(t, s.Index, "lost", chunksOf(0, "forgotten", "for ever"))

	steps := []struct{ n, want int }{{2, 2}, {0, 0}, {3, 3}, {100, 1}, {100, 0}}
	for _, step := range steps {
		removed, err := s.Index.Sweep(ctx, step.n, []string{"kept", "never seen"})
		if err != nil || removed != step.want {
			t.Errorf("sweep of %d: %d, %v, want %d", step.n, removed, err, step.want)
		}
		equal(t, "in place", []string{"d/0"}, nearest(t, s.Index, 0, own("ann")))
	}
	equal(t, "in place", []string{"d/0"}, match(t, s.Index, "new", own("ann")))
	equal(t, "removed words", nil, match(t, s.Index, "old forgotten", index.Scope{AllOwners: true}))

	kept := document("ann", "k", "kept", chunksOf(0, "staged", "as well"))
	put(t, s.Index, kept, nil)
	equal(t, "what was kept", []string{"k/0"}, match(t, s.Index, "staged", own("ann")))
	equal(t, "what was kept", []string{"d/0", "k/0", "k/1"}, nearest(t, s.Index, 0, own("ann")))
}

// testSweptStaged sweeps what a task has just staged: it cannot be shown in part.
func testSweptStaged(t *testing.T, s Store) {
	chunks := chunksOf(0, "one", "two", "three")
	stage(t, s.Index, "v1", chunks)
	if removed, err := s.Index.Sweep(t.Context(), 2, nil); err != nil || removed != 2 {
		t.Fatalf("swept %d, %v", removed, err)
	}
	_, err := s.Index.Replace(t.Context(), document("ann", "d", "v1", chunks))
	refused(t, "replace", err, index.ErrIncomplete)
	put(t, s.Index, document("ann", "d", "v1", chunks), chunks)
	equal(t, "staged again", []string{"d/0", "d/1", "d/2"}, nearest(t, s.Index, 0, own("ann")))
	equal(t, "staged again", []string{"d/0", "d/1", "d/2"}, match(t, s.Index, "one two three", own("ann")))
}

func testReopen(t *testing.T, s Store) {
	old, current := chunksOf(0, "old"), chunksOf(0, "new", "newer", "newest")
	put(t, s.Index, document("ann", "d", "v1", old), old)
	put(t, s.Index, document("ann", "d", "v2", current), current)
	put(t, s.Index, document("bob", "gone", "v3", current), current)
	if _, err := s.Index.Delete(t.Context(), "bob", "gone"); err != nil {
		t.Fatal(err)
	}
	stage(t, s.Index, "v4", chunksOf(0, "staged before"))
	before, err := s.Index.Nearest(t.Context(), towards(0), 10, index.Scope{AllOwners: true})
	if err != nil || len(before) != 3 {
		t.Fatal(before, err)
	}

	x := s.Reopen(t)
	if err := x.Ready(); err != nil {
		t.Fatal(err)
	}
	after, err := x.Nearest(t.Context(), towards(0), 10, index.Scope{AllOwners: true})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "nearest", before, after)
	equal(t, "match", []string{"d/0"}, match(t, x, "new", own("ann")))
	put(t, x, document("ann", "e", "v4", chunksOf(0, "staged before")), nil)
	equal(t, "staged before", []string{"d/0", "e/0", "d/1", "d/2"}, nearest(t, x, 0, own("ann")))
	put(t, x, document("ann", "d", "v5", old), old)
	equal(t, "replaced after", []string{"e/0", "d/0"}, nearest(t, x, 0, own("ann")))
	if removed, err := x.Sweep(t.Context(), 100, nil); err != nil || removed != 7 {
		t.Errorf("swept %d, %v, want 7", removed, err)
	}
}
