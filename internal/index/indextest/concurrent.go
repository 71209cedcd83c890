package indextest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"morag/internal/index"
)

// testOneVersion replaces a document again and again, and sweeps, while others search:
// every answer has one version of it, whole, with its own metadata.
func testOneVersion(t *testing.T, l *library) {
	const rounds, perVersion = 25, 3
	chunks := chunksOf(0, "word one", "word two", "word three")
	put := func(round int) {
		v := version("ann", "d", fmt.Sprint("v", round), chunks)
		v.Metadata = map[string]any{"version": v.Name}
		own := slices.Clone(chunks)
		for i := range own {
			own[i].Metadata = map[string]any{"of": v.Name}
		}
		l.put(t, v, own)
	}
	put(0)

	ctx, stop := context.WithCancel(t.Context())
	searches := map[string]func() ([]index.Hit, error){
		"nearest": func() ([]index.Hit, error) { return Nearest(ctx, l.Index, towards(0), 10, own("ann")) },
		"match":   func() ([]index.Hit, error) { return Match(ctx, l.Index, "word", 10, own("ann")) },
		"nearest with a filter": func() ([]index.Hit, error) {
			return Nearest(ctx, l.Index, towards(0), 10, index.Scope{Owner: "ann", Filter: filter(t, map[string]any{"document_id": "d"})})
		},
		"match with a filter": func() ([]index.Hit, error) {
			return Match(ctx, l.Index, "word", 10, index.Scope{AllOwners: true, Filter: filter(t, map[string]any{"version": map[string]any{"gte": "v"}})})
		},
	}
	var wg sync.WaitGroup
	for name, search := range searches {
		wg.Go(func() {
			for ctx.Err() == nil {
				hits, err := search()
				if ctx.Err() != nil {
					return
				}
				if err != nil || !whole(hits, perVersion) {
					t.Errorf("%s: %v, %v", name, hits, err)
					return
				}
			}
		})
	}
	for round := 1; round < rounds; round++ {
		put(round)
		if _, err := l.Index.Sweep(t.Context(), 100, time.Hour); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
}

// whole tells whether the hits are all chunks of one version.
func whole(hits []index.Hit, n int) bool {
	return len(hits) == n && !slices.ContainsFunc(hits, func(h index.Hit) bool {
		return h.Name != hits[0].Name || h.Own["of"] != h.Name
	})
}

// testManyWriters stages, switches and hides versions of several owners at once.
func testManyWriters(t *testing.T, l *library) {
	const writers, rounds = 4, 6
	var wg sync.WaitGroup
	for w := range writers {
		owner := fmt.Sprint("owner", w)
		wg.Go(func() {
			for round := range rounds {
				chunks := chunksOf(w, fmt.Sprint("word", w, " one"), fmt.Sprint("word", w, " two"))
				name := func(id string, round int) string { return fmt.Sprintf("%s-%s-%d", owner, id, round) }
				for _, id := range []string{"kept", "removed"} {
					v := version(owner, id, name(id, round), chunks)
					if err := l.Index.Stage(t.Context(), v, chunks); err != nil {
						t.Error(err)
					}
					// In the first round there is no version before, which is no error.
					if err := l.Index.Switch(t.Context(), v.Name, name(id, round-1)); err != nil {
						t.Error(err)
					}
				}
				if err := l.Index.Switch(t.Context(), "", name("removed", round)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for w := range writers {
		owner := fmt.Sprint("owner", w)
		equal(t, owner+" nearest", []string{"kept/0", "kept/1"}, nearest(t, l.Index, w, own(owner)))
		equal(t, owner+" match", []string{"kept/0", "kept/1"}, match(t, l.Index, fmt.Sprint("word", w), own(owner)))
	}
	want := writers * 2 * (2*rounds - 1) // all but the version in place
	if removed, err := l.Index.Sweep(t.Context(), 1000, time.Hour); err != nil || removed != want {
		t.Errorf("swept %d, %v, want %d", removed, err, want)
	}
}

func testCancelled(t *testing.T, l *library) {
	chunks := chunksOf(0, "word")
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Nearest(ctx, l.Index, towards(0), 1, own("ann"))
	refused(t, "nearest", err, context.Canceled)
	_, err = Match(ctx, l.Index, "word", 1, own("ann"))
	refused(t, "match", err, context.Canceled)
	_, err = l.Index.Chunks(ctx, "v1", 0, 1)
	refused(t, "chunks", err, context.Canceled)
	refused(t, "stage", l.Index.Stage(ctx, version("ann", "e", "v2", chunks), chunks), context.Canceled)
	refused(t, "switch", l.Index.Switch(ctx, "", "v1"), context.Canceled)
}

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}
