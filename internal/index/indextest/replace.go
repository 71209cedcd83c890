package indextest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"morag/internal/index"
)

func testReplace(t *testing.T, s Store) {
	ctx := t.Context()
	chunks := chunksOf(0, "the first version")
	first := document("ann", "d", "v1", chunks)
	if old := put(t, s.Index, first, chunks); old != nil {
		t.Errorf("the first one replaced %v", old)
	}
	got, err := s.Index.Get(ctx, "ann", "d")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "document", stored(first), got)

	later := chunksOf(1, "another text", "in two pieces")
	second := document("ann", "d", "v2", later)
	second.ProcessingMethod, second.CreatedAt, second.UpdatedAt = "remote", day.Add(time.Hour), day.Add(2*time.Hour)
	equal(t, "replaced", stored(first), put(t, s.Index, second, later))
	second.CreatedAt = first.CreatedAt
	got, err = s.Index.Get(ctx, "ann", "d")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "document", stored(second), got)

	text, err := s.Index.Content(ctx, "ann", "d")
	if err != nil || text != second.Content {
		t.Errorf("content %q, %v", text, err)
	}
	for axis := range 2 {
		hits, err := s.Index.Nearest(ctx, towards(axis), 10, own("ann"))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			if h.Version != "v2" || h.Owner != "ann" {
				t.Errorf("hit of %s, owner %s", h.Version, h.Owner)
			}
		}
		if len(hits) != 2 {
			t.Errorf("%d hits, want 2", len(hits))
		}
	}
	equal(t, "old words", nil, match(t, s.Index, "first", own("ann")))
	equal(t, "new words", []string{"d/0", "d/1"}, match(t, s.Index, "text pieces", own("ann")))

	if _, err := s.Index.Replace(ctx, first); err == nil {
		t.Error("a version that was replaced: not refused")
	}
	_, err = s.Index.Get(ctx, "ann", "other")
	refused(t, "get", err, index.ErrNotFound)
	_, err = s.Index.Content(ctx, "ann", "other")
	refused(t, "content", err, index.ErrNotFound)
}

func testIncomplete(t *testing.T, s Store) {
	chunks := chunksOf(0, "one", "two", "three")
	stage(t, s.Index, "v1", chunks[:2])
	doc := document("ann", "d", "v1", chunks)
	_, err := s.Index.Replace(t.Context(), doc)
	refused(t, "two of three", err, index.ErrIncomplete)
	_, err = s.Index.Get(t.Context(), "ann", "d")
	refused(t, "get", err, index.ErrNotFound)

	stage(t, s.Index, "v1", chunks)
	doc.ChunkCount = 1 // an earlier attempt had cut the text into three
	put(t, s.Index, doc, nil)
	equal(t, "nearest", []string{"d/0"}, nearest(t, s.Index, 0, own("ann")))
	equal(t, "match", []string{"d/0"}, match(t, s.Index, "one two three", own("ann")))
	left, err := s.Index.Chunks(t.Context(), "ann", "d", 0, 10)
	if err != nil || len(left) != 1 {
		t.Errorf("%d chunks, %v", len(left), err)
	}
}

func testNoChunks(t *testing.T, s Store) {
	doc := document("ann", "silence", "v1", nil)
	put(t, s.Index, doc, nil)
	got, err := s.Index.Get(t.Context(), "ann", "silence")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "document", stored(doc), got)
	equal(t, "nearest", nil, nearest(t, s.Index, 0, own("ann")))
	chunks, err := s.Index.Chunks(t.Context(), "ann", "silence", 0, 10)
	if err != nil || len(chunks) > 0 {
		t.Errorf("chunks: %v, %v", chunks, err)
	}
}

// testSubmitted replaces in every order: what is left is what was submitted last.
func testSubmitted(t *testing.T, s Store) {
	orders := [][]int64{{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}}
	for i, order := range orders {
		id := fmt.Sprint("d", i)
		var most int64
		for _, submitted := range order {
			chunks := chunksOf(0, fmt.Sprint("submitted ", submitted))
			doc := document("ann", id, fmt.Sprint(id, "-", submitted), chunks)
			doc.Submitted = submitted
			stage(t, s.Index, doc.Version, chunks)
			_, err := s.Index.Replace(t.Context(), doc)
			if submitted < most {
				refused(t, fmt.Sprint("order ", order, " at ", submitted), err, index.ErrSuperseded)
			} else if err != nil {
				t.Errorf("order %v at %d: %v", order, submitted, err)
			}
			most = max(most, submitted)
			text, err := s.Index.Content(t.Context(), "ann", id)
			if want := fmt.Sprint("submitted ", most); err != nil || text != want {
				t.Errorf("order %v after %d: %q, %v", order, submitted, text, err)
			}
		}
	}
	again := document("ann", "d0", "d0-3", chunksOf(0, "submitted 3"))
	again.Submitted = 3
	if old, err := s.Index.Replace(t.Context(), again); err != nil || old != nil {
		t.Errorf("the version in place again: %v, %v", old, err)
	}
	if hits := nearest(t, s.Index, 0, own("ann")); len(hits) != len(orders) {
		t.Errorf("%d hits, want %d", len(hits), len(orders))
	}
}

func testRollback(t *testing.T, s Store) {
	chunks := chunksOf(0, "steady")
	put(t, s.Index, document("ann", "d", "v1", chunks), chunks)
	put(t, s.Index, document("ann", "e", "v2", chunks), chunks)
	late := chunksOf(1, "hasty")
	stage(t, s.Index, "v3", late)
	stop := errors.New("stop")
	err := s.Transact(t.Context(), func(ctx context.Context) error {
		if _, err := s.Index.Replace(ctx, document("ann", "d", "v3", late)); err != nil {
			t.Error(err)
		}
		if doc, err := s.Index.Get(ctx, "ann", "d"); err != nil || doc.Version != "v3" {
			t.Errorf("the transaction does not see its own change: %v", err)
		}
		if _, err := s.Index.Delete(ctx, "ann", "e"); err != nil {
			t.Error(err)
		}
		return stop
	})
	refused(t, "transaction", err, stop)
	doc, err := s.Index.Get(t.Context(), "ann", "d")
	if err != nil || doc.Version != "v1" {
		t.Errorf("after the rollback: %v, %v", doc, err)
	}
	equal(t, "nearest", []string{"d/0", "e/0"}, nearest(t, s.Index, 0, own("ann")))
	equal(t, "match", []string{"d/0", "e/0"}, match(t, s.Index, "steady hasty", own("ann")))
}

func testDelete(t *testing.T, s Store) {
	ctx := t.Context()
	chunks := chunksOf(0, "transient")
	doc := document("ann", "d", "v1", chunks)
	put(t, s.Index, doc, chunks)
	put(t, s.Index, document("ann", "e", "v2", chunks), chunks)
	got, err := s.Index.Delete(ctx, "ann", "d")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "deleted", stored(doc), got)
	equal(t, "nearest", []string{"e/0"}, nearest(t, s.Index, 0, own("ann")))
	equal(t, "match", []string{"e/0"}, match(t, s.Index, "transient", own("ann")))
	_, err = s.Index.Delete(ctx, "ann", "d")
	refused(t, "delete again", err, index.ErrNotFound)
	_, err = s.Index.Get(ctx, "ann", "d")
	refused(t, "get", err, index.ErrNotFound)
	_, err = s.Index.Chunks(ctx, "ann", "d", 0, 1)
	refused(t, "chunks", err, index.ErrNotFound)

	anew := document("ann", "d", "v3", chunks)
	anew.Submitted = 0
	put(t, s.Index, anew, chunks)
	equal(t, "put again", []string{"d/0", "e/0"}, match(t, s.Index, "transient", own("ann")))
}

func testOwners(t *testing.T, s Store) {
	ctx := t.Context()
	chunks := chunksOf(0, "secret")
	for _, owner := range []string{"ann", "bob", ""} {
		doc := document(owner, "d", "v-"+owner, chunks)
		doc.Checksum = "same"
		put(t, s.Index, doc, chunks)
	}
	for _, owner := range []string{"ann", "bob", ""} {
		hits, err := s.Index.Nearest(ctx, towards(0), 10, own(owner))
		if err != nil || len(hits) != 1 || hits[0].Owner != owner {
			t.Errorf("owner %q: nearest %v, %v", owner, hits, err)
		}
		hits, err = s.Index.Match(ctx, "secret", 10, own(owner))
		if err != nil || len(hits) != 1 || hits[0].Owner != owner {
			t.Errorf("owner %q: match %v, %v", owner, hits, err)
		}
		documents, _, err := s.Index.List(ctx, own(owner), 10, "")
		if err != nil || len(documents) != 1 || documents[0].Owner != owner {
			t.Errorf("owner %q: list %v, %v", owner, documents, err)
		}
		twin, err := s.Index.ByChecksum(ctx, owner, "same")
		if err != nil || twin == nil || twin.Owner != owner {
			t.Errorf("owner %q: by checksum %v, %v", owner, twin, err)
		}
		filtered := index.Scope{Owner: owner, Filter: filter(t, map[string]any{"document_id": "d"})}
		equal(t, "filtered", []string{"d/0"}, nearest(t, s.Index, 0, filtered))
	}
	equal(t, "all owners", []string{"d/0", "d/0", "d/0"}, nearest(t, s.Index, 0, index.Scope{AllOwners: true}))
	owners, err := s.Index.Owners(ctx, "d")
	equal(t, "owners", []string{"", "ann", "bob"}, owners)
	if err != nil {
		t.Error(err)
	}
	if owners, err = s.Index.Owners(ctx, "nothing"); err != nil || len(owners) > 0 {
		t.Errorf("owners of nothing: %v, %v", owners, err)
	}
	equal(t, "nobody's", nil, nearest(t, s.Index, 0, own("eve")))
	_, err = s.Index.Delete(ctx, "eve", "d")
	refused(t, "delete of another's", err, index.ErrNotFound)
	if _, err := s.Index.Delete(ctx, "bob", "d"); err != nil {
		t.Error(err)
	}
	equal(t, "the others", []string{"d/0", "d/0"}, match(t, s.Index, "secret", index.Scope{AllOwners: true}))
}

func testChecksum(t *testing.T, s Store) {
	for i, id := range []string{"young", "old", "middle"} {
		chunks := chunksOf(0, id)
		doc := document("ann", id, "v"+id, chunks)
		doc.Checksum = "same"
		doc.CreatedAt = day.Add(time.Duration([]int{3, 1, 2}[i]) * time.Hour)
		put(t, s.Index, doc, chunks)
	}
	twin, err := s.Index.ByChecksum(t.Context(), "ann", "same")
	if err != nil || twin == nil || twin.ID != "old" {
		t.Errorf("got %v, %v", twin, err)
	}
	if _, err := s.Index.Delete(t.Context(), "ann", "old"); err != nil {
		t.Fatal(err)
	}
	twin, err = s.Index.ByChecksum(t.Context(), "ann", "same")
	if err != nil || twin == nil || twin.ID != "middle" {
		t.Errorf("got %v, %v", twin, err)
	}
	twin, err = s.Index.ByChecksum(t.Context(), "ann", "other")
	if err != nil || twin != nil {
		t.Errorf("got %v, %v", twin, err)
	}
}
