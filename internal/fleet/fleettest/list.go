package fleettest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"morag/internal/fleet"
)

// list is about pages of the workers.
func list(t *testing.T, open func(t *testing.T) *bench) {
	pages := func(b *bench, limit int) (ids []string, count int) {
		cursor := ""
		for {
			page, next, err := b.List(b.t.Context(), fleet.Page{Limit: limit, Cursor: cursor})
			if err != nil {
				b.t.Fatalf("List after %q: %v", cursor, err)
			}
			if len(page) > limit {
				b.t.Fatalf("a page of %d workers, want %d at most", len(page), limit)
			}
			count++
			for _, w := range page {
				ids = append(ids, w.ID)
			}
			if cursor = next; cursor == "" {
				return ids, count
			}
		}
	}
	t.Run("each is in one page", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		b.add(fleet.Worker{ID: "d", Key: "k"}, fleet.Worker{ID: "b"}, fleet.Worker{ID: "c"}) // at one moment
		b.Advance(time.Minute)
		b.add(fleet.Worker{ID: "e"}, fleet.Worker{ID: "a", Key: "k"})
		want := []string{"a", "e", "b", "c", "d"}
		for limit, pagesWanted := range map[int]int{1: 5, 2: 3, 4: 2, 5: 1, 6: 1} {
			ids, count := pages(b, limit)
			if !slices.Equal(ids, want) || count != pagesWanted {
				t.Errorf("by %d: %v in %d pages, want %v in %d", limit, ids, count, want, pagesWanted)
			}
		}
		if got := b.known(); !slices.Equal(got, want) {
			t.Errorf("without a limit %v, want %v", got, want)
		}
	})
	t.Run("who is seen meanwhile moves to the front", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		for _, id := range []string{"c", "b", "a"} {
			b.add(fleet.Worker{ID: id})
			b.Advance(time.Minute)
		}
		_, next, err := b.List(t.Context(), fleet.Page{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		b.see(fleet.Sighting{ID: "b"})
		page, next, err := b.List(t.Context(), fleet.Page{Limit: 1, Cursor: next})
		if err != nil || next != "" || len(page) != 1 || page[0].ID != "c" {
			t.Errorf("the page after a: %v, more %q, %v; want c", page, next, err)
		}
	})
	t.Run("a cursor of somebody else's", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		for _, cursor := range []string{"x", "bm9uZQ", "{}"} {
			if _, _, err := b.List(t.Context(), fleet.Page{Cursor: cursor}); !errors.Is(err, fleet.ErrCursor) {
				t.Errorf("cursor %q: %v, want ErrCursor", cursor, err)
			}
		}
	})
}
