package indextest

import (
	"fmt"
	"testing"
	"time"

	"morag/internal/index"
)

// testList has documents of equal times and pages of every size: each is answered
// once, in one order.
func testList(t *testing.T, s Store) {
	const n = 7
	for i := range n {
		owner := []string{"ann", "bob"}[i%2]
		doc := document(owner, fmt.Sprint("d", i), fmt.Sprint("v", i), nil)
		doc.CreatedAt = day.Add(time.Duration(i/3) * time.Minute)
		put(t, s.Index, doc, nil)
	}
	all, next, err := s.Index.List(t.Context(), index.Scope{AllOwners: true}, 1000, "")
	if err != nil || len(all) != n || next != "" {
		t.Fatalf("%d documents, cursor %q, %v", len(all), next, err)
	}
	for i := 1; i < n; i++ {
		if all[i].CreatedAt.After(all[i-1].CreatedAt) {
			t.Errorf("%s is newer than %s before it", all[i].ID, all[i-1].ID)
		}
	}
	for _, scope := range []index.Scope{{AllOwners: true}, own("ann"), own("bob"), own("eve")} {
		var want []string
		for _, d := range all {
			if scope.AllOwners || d.Owner == scope.Owner {
				want = append(want, d.ID)
			}
		}
		for limit := 1; limit <= n; limit++ {
			equal(t, fmt.Sprintf("%v by %d", scope, limit), want, pages(t, s.Index, scope, limit))
		}
	}
	for _, cursor := range []string{"x", "!", "eyJ9"} {
		_, _, err := s.Index.List(t.Context(), own("ann"), 1, cursor)
		refused(t, "cursor "+cursor, err, index.ErrCursor)
	}
}

func pages(t *testing.T, x index.Index, scope index.Scope, limit int) []string {
	t.Helper()
	var ids []string
	cursor := ""
	for range 100 {
		documents, next, err := x.List(t.Context(), scope, limit, cursor)
		if err != nil {
			t.Fatal(err)
		}
		if len(documents) > limit {
			t.Errorf("%d documents on a page of %d", len(documents), limit)
		}
		for _, d := range documents {
			ids = append(ids, d.ID)
			if d.Content != "" {
				t.Error("a list has texts")
			}
		}
		if next == "" {
			return ids
		}
		cursor = next
	}
	t.Fatal("no end")
	return nil
}

func testChunks(t *testing.T, s Store) {
	chunks := chunksOf(0, "zero", "one", "two", "three")
	chunks[2].Metadata = map[string]any{"start": 1.5, "end": 2.0}
	put(t, s.Index, document("ann", "d", "v1", chunks), chunks)
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
		got, err := s.Index.Chunks(t.Context(), "ann", "d", tt.from, tt.n)
		if err != nil {
			t.Error(err)
		}
		equal(t, fmt.Sprint("from ", tt.from, ", ", tt.n), tt.want, got)
	}
	_, err := s.Index.Chunks(t.Context(), "bob", "d", 0, 1)
	refused(t, "another's", err, index.ErrNotFound)
}
