package indextest

import (
	"context"
	"testing"

	"morag/internal/index"
)

// Nearest reads what [index.Index.Nearest] finds.
func Nearest(ctx context.Context, x index.Index, v []float32, n int, s index.Scope) ([]index.Hit, error) {
	return reading(ctx, x, func() ([]index.Found, error) { return x.Nearest(ctx, v, n, s) })
}

// Match reads what [index.Index.Match] finds.
func Match(ctx context.Context, x index.Index, text string, n int, s index.Scope) ([]index.Hit, error) {
	return reading(ctx, x, func() ([]index.Found, error) { return x.Match(ctx, text, n, s) })
}

// reading looks again when what was found is gone before it is read.
func reading(ctx context.Context, x index.Index, find func() ([]index.Found, error)) ([]index.Hit, error) {
	for {
		found, err := find()
		if err != nil {
			return nil, err
		}
		hits, err := x.Read(ctx, found)
		if err != nil || len(hits) == len(found) {
			return hits, err
		}
	}
}

func testRead(t *testing.T, l *library) {
	ctx := t.Context()
	one, two := chunksOf(0, "heron one", "heron two"), chunksOf(0, "heron three")
	l.put(t, version("ann", "d", "v1", one), one)
	l.put(t, version("bob", "d", "v2", two), two)
	found, err := l.Index.Nearest(ctx, towards(0), 10, index.Scope{AllOwners: true})
	if err != nil || len(found) != 3 {
		t.Fatal(found, err)
	}
	words, err := l.Index.Match(ctx, "two", 10, own("ann"))
	if err != nil || len(words) != 1 {
		t.Fatal(words, err)
	}
	byChunk := make(map[int64]index.Found)
	ofVersion := make(map[int64]int)
	for _, f := range found {
		byChunk[f.Chunk] = f
		ofVersion[f.Version]++
	}
	if len(byChunk) != 3 || len(ofVersion) != 2 || byChunk[words[0].Chunk].Version != words[0].Version {
		t.Errorf("chunks and versions are not told apart: %v, %v", found, words)
	}
	for _, order := range [][]index.Found{found, {found[2], found[0], found[1]}, {found[1]}, nil} {
		hits, err := l.Index.Read(ctx, order)
		if err != nil || len(hits) != len(order) {
			t.Fatal(hits, err)
		}
		for i, h := range hits {
			equal(t, "read", order[i], h.Found)
		}
	}
	l.remove(t, "ann", "d")
	if _, err := l.Index.Sweep(ctx, 10, 0); err != nil {
		t.Fatal(err)
	}
	hits, err := l.Index.Read(ctx, found)
	if err != nil || len(hits) != 1 || hits[0].Owner != "bob" || hits[0].Content != "heron three" {
		t.Errorf("after a sweep: %v, %v", hits, err)
	}
}

func testFields(t *testing.T, l *library) {
	one := chunksOf(0, "heron")
	v := version("ann", "d", "v1", one)
	v.SourceName = "heron.pdf"
	v.Metadata = map[string]any{"year": 2023.0, "tags": []any{"a", "b"}, "source_type": "forged", "other": "x"}
	l.put(t, v, one)
	l.put(t, version("bob", "e", "v2", one), one)
	found, err := l.Index.Match(t.Context(), "heron", 10, own("ann"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	got, err := l.Index.Fields(t.Context(), []int64{found[0].Version, 99}, []string{"year", "tags", "source_type", "source_name", "missing"})
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{"year": 2023.0, "tags": []any{"a", "b"}, "source_type": "document", "source_name": "heron.pdf"}}
	equal(t, "fields", want, got)
}
