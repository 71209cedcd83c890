package documenttest

import (
	"testing"

	"morag/internal/document"
)

// testNotedDuplicates: what was promised to be a document leads to the one it is a duplicate
// of, for its owner, while that is there.
func testNotedDuplicates(t *testing.T, s Subject) {
	ctx := t.Context()
	replace(t, s.Store, made("ann", "d", "v1"))
	replace(t, s.Store, made("bob", "d", "v2"))
	note := func(owner, id, original string) {
		t.Helper()
		if err := s.Store.NoteDuplicate(ctx, owner, id, original); err != nil {
			t.Fatal(err)
		}
	}
	leads := func(owner, id, want string) {
		t.Helper()
		got, err := s.Store.Original(ctx, owner, id)
		if want == "" {
			refused(t, "original of "+id, err, document.ErrNotFound)
		} else if err != nil || got != want {
			t.Errorf("%s of %s leads to %q, %v; want %q", id, owner, got, err, want)
		}
	}
	note("ann", "promised", "d")
	note("ann", "another", "d")
	note("bob", "promised", "other")
	note("bob", "promised", "d") // said again, the last one counts
	leads("ann", "promised", "d")
	leads("ann", "another", "d")
	leads("bob", "promised", "d")
	leads("bob", "another", "")
	leads("ann", "d", "")
	owners, err := s.Store.Owners(ctx, "promised")
	equal(t, "owners of what was promised", []string{"ann", "bob"}, owners)
	if err != nil {
		t.Error(err)
	}
	if _, err := s.Store.Get(ctx, "ann", "promised"); err == nil {
		t.Error("what was promised is a document")
	}
	replace(t, s.Store, made("ann", "d", "v3"))
	leads("ann", "promised", "d")
	if _, err := s.Store.Delete(ctx, "ann", "d"); err != nil {
		t.Error(err)
	}
	leads("ann", "promised", "")
	leads("ann", "another", "")
	leads("bob", "promised", "d")
}
