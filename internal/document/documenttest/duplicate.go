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
	listed := func(f document.Filter, want ...document.Duplicate) {
		t.Helper()
		got, err := s.Store.Duplicates(ctx, f)
		if err != nil {
			t.Error(err)
		}
		equal(t, "duplicates", want, got)
	}
	anothers := document.Duplicate{ID: "another", Owner: "ann", Original: "d"}
	anns := document.Duplicate{ID: "promised", Owner: "ann", Original: "d"}
	bobs := document.Duplicate{ID: "promised", Owner: "bob", Original: "d"}
	listed(document.Filter{AllOwners: true}, anothers, anns, bobs)
	listed(document.Filter{AllOwners: true, Limit: 2}, anothers, anns)
	listed(document.Filter{Owner: "ann", Prefix: "prom"}, anns)
	listed(document.Filter{Owner: "bob", Prefix: "promised"}, bobs)
	listed(document.Filter{Owner: "bob", Prefix: "a"})
	listed(document.Filter{AllOwners: true, Prefix: "promised."})
	listed(document.Filter{AllOwners: true, Prefix: "_"})
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
