package indextest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"morag/internal/index"
)

// testOneVersion replaces a document again and again, and sweeps, while others search:
// every answer has one version of it, whole, with its own metadata.
func testOneVersion(t *testing.T, s Store) {
	const rounds, perVersion = 25, 3
	version := func(round int) (index.Document, []index.Chunk) {
		chunks := chunksOf(0, "word one", "word two", "word three")
		doc := document("ann", "d", fmt.Sprint("v", round), chunks)
		doc.Submitted = int64(round)
		doc.Metadata = map[string]any{"version": doc.Version}
		return doc, chunks
	}
	doc, chunks := version(0)
	put(t, s.Index, doc, chunks)

	ctx, stop := context.WithCancel(t.Context())
	searches := map[string]func() ([]index.Hit, error){
		"nearest": func() ([]index.Hit, error) { return s.Index.Nearest(ctx, towards(0), 10, own("ann")) },
		"match":   func() ([]index.Hit, error) { return s.Index.Match(ctx, "word", 10, own("ann")) },
		"nearest with a filter": func() ([]index.Hit, error) {
			return s.Index.Nearest(ctx, towards(0), 10, index.Scope{Owner: "ann", Filter: filter(t, map[string]any{"document_id": "d"})})
		},
		"match with a filter": func() ([]index.Hit, error) {
			return s.Index.Match(ctx, "word", 10, index.Scope{AllOwners: true, Filter: filter(t, map[string]any{"version": map[string]any{"gte": "v"}})})
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
		doc, chunks := version(round)
		put(t, s.Index, doc, chunks)
		if _, err := s.Index.Sweep(t.Context(), 100, nil); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
}

// whole tells whether the hits are all chunks of one version.
func whole(hits []index.Hit, n int) bool {
	return len(hits) == n && !slices.ContainsFunc(hits, func(h index.Hit) bool {
		return h.Version != hits[0].Version || h.Metadata["version"] != h.Version
	})
}

// testManyWriters stages, replaces and deletes documents of several owners at once.
func testManyWriters(t *testing.T, s Store) {
	const writers, rounds = 4, 6
	var wg sync.WaitGroup
	for w := range writers {
		owner := fmt.Sprint("owner", w)
		wg.Go(func() {
			for round := range rounds {
				chunks := chunksOf(w, fmt.Sprint("word", w, " one"), fmt.Sprint("word", w, " two"))
				for _, id := range []string{"kept", "deleted"} {
					doc := document(owner, id, fmt.Sprintf("%s-%s-%d", owner, id, round), chunks)
					doc.Submitted = int64(round)
					if err := s.Index.Stage(t.Context(), doc.Version, chunks); err != nil {
						t.Error(err)
					}
					if _, err := s.Index.Replace(t.Context(), doc); err != nil {
						t.Error(err)
					}
				}
				if _, err := s.Index.Delete(t.Context(), owner, "deleted"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for w := range writers {
		owner := fmt.Sprint("owner", w)
		equal(t, owner+" nearest", []string{"kept/0", "kept/1"}, nearest(t, s.Index, w, own(owner)))
		equal(t, owner+" match", []string{"kept/0", "kept/1"}, match(t, s.Index, fmt.Sprint("word", w), own(owner)))
	}
	want := writers * 2 * (2*rounds - 1) // all but the version in place
	if removed, err := s.Index.Sweep(t.Context(), 1000, nil); err != nil || removed != want {
		t.Errorf("swept %d, %v, want %d", removed, err, want)
	}
}

func testCancelled(t *testing.T, s Store) {
	chunks := chunksOf(0, "word")
	put(t, s.Index, document("ann", "d", "v1", chunks), chunks)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Index.Nearest(ctx, towards(0), 1, own("ann"))
	refused(t, "nearest", err, context.Canceled)
	_, err = s.Index.Match(ctx, "word", 1, own("ann"))
	refused(t, "match", err, context.Canceled)
	refused(t, "stage", s.Index.Stage(ctx, "v2", chunks), context.Canceled)
	_, err = s.Index.Replace(ctx, document("ann", "e", "v3", nil))
	refused(t, "replace", err, context.Canceled)
}

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}
