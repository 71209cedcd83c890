package documenttest

import (
	"context"
	"sync"
	"testing"

	"morag/internal/document"
)

// testTwoStores changes at one store and reads at the other.
func testTwoStores(t *testing.T, s Subject) {
	if s.Second == nil {
		return
	}
	here, there := s.Store, s.Second.Store
	replace(t, here, made("ann", "d", "v1"))
	equal(t, "made here", stored(made("ann", "d", "v1")), get(t, there, "ann", "d"))
	if old := replace(t, there, made("ann", "d", "v2")); old == nil || old.Version != "v1" {
		t.Errorf("replaced %v", old)
	}
	if got := get(t, here, "ann", "d"); got.Version != "v2" {
		t.Errorf("after the other's change: %s", got.Version)
	}
	current, err := here.Current(t.Context(), []string{"v1", "v2"}, 0)
	if err != nil || len(current) != 1 || current["v2"].ID != "d" {
		t.Errorf("current %v, %v", current, err)
	}
	if _, err := here.Delete(t.Context(), "ann", "d"); err != nil {
		t.Error(err)
	}
	_, err = there.Get(t.Context(), "ann", "d")
	refused(t, "deleted here", err, document.ErrNotFound)
}

// testDuplicates has transactions at both stores look for a source and make a document
// of it when there is none: one does.
func testDuplicates(t *testing.T, s Subject) {
	if s.Second == nil || s.Transact == nil {
		return
	}
	const rounds, each = 5, 4
	for round := range rounds {
		checksum := name("sum%d", round)
		var wg sync.WaitGroup
		for i := range 2 * each {
			place := []Place{s.Place, *s.Second}[i%2]
			wg.Go(func() {
				err := place.Transact(t.Context(), func(ctx context.Context) error {
					same, err := place.Store.ByChecksum(ctx, "ann", checksum)
					if err != nil || same != nil {
						return err
					}
					doc := made("ann", name("d%d-%d", round, i), name("v%d-%d", round, i))
					doc.Checksum = checksum
					_, err = place.Store.Replace(ctx, doc)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if documents, _ := list(t, s.Store, document.Filter{Owner: "ann"}); len(documents) != rounds {
		t.Errorf("%d documents of %d sources", len(documents), rounds)
	}
}

// testReplacements has both stores replace one document at the same time.
func testReplacements(t *testing.T, s Subject) {
	if s.Second == nil {
		return
	}
	const n = 20
	var wg sync.WaitGroup
	for i := range n {
		store := []document.Store{s.Store, s.Second.Store}[i%2]
		wg.Go(func() {
			doc := made("ann", "d", name("v%d", i))
			doc.Submitted = int64(i)
			_, err := store.Replace(t.Context(), doc)
			if err != nil {
				refused(t, doc.Version, err, document.ErrSuperseded)
			}
		})
	}
	wg.Wait()
	if got := get(t, s.Second.Store, "ann", "d"); got.Version != name("v%d", n-1) {
		t.Errorf("in place is %s, want the one submitted last", got.Version)
	}
}
