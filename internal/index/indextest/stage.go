package indextest

import (
	"math"
	"strings"
	"testing"

	"morag/internal/index"
)

func testStaged(t *testing.T, s Store) {
	stage(t, s.Index, "v1", chunksOf(0, "quiet water", "still water"))
	if hits := nearest(t, s.Index, 0, index.Scope{AllOwners: true}); len(hits) > 0 {
		t.Errorf("nearest finds %v", hits)
	}
	if hits := match(t, s.Index, "water", index.Scope{AllOwners: true}); len(hits) > 0 {
		t.Errorf("match finds %v", hits)
	}
	documents, next, err := s.Index.List(t.Context(), index.Scope{AllOwners: true}, 10, "")
	if err != nil || len(documents) > 0 || next != "" {
		t.Errorf("list answers %v, %q, %v", documents, next, err)
	}
}

func testStageAgain(t *testing.T, s Store) {
	chunks := chunksOf(0, "first heron", "second heron")
	stage(t, s.Index, "v1", chunks)
	chunks[0].Content, chunks[0].Vector, chunks[0].Metadata = "third kestrel", towards(3), map[string]any{"page": 7.0}
	stage(t, s.Index, "v1", chunks[:1])
	stage(t, s.Index, "v1", chunks)
	doc := document("ann", "d", "v1", chunks)
	put(t, s.Index, doc, nil)

	equal(t, "near the new vector", []string{"d/0", "d/1"}, nearest(t, s.Index, 3, own("ann")))
	equal(t, "near the old vector", []string{"d/1", "d/0"}, nearest(t, s.Index, 0, own("ann")))
	equal(t, "new words", []string{"d/0"}, match(t, s.Index, "kestrel", own("ann")))
	equal(t, "old words", nil, match(t, s.Index, "first", own("ann")))
	equal(t, "new metadata", []string{"d/0"}, nearest(t, s.Index, 0, index.Scope{Owner: "ann", Filter: filter(t, map[string]any{"page": 7})}))
}

func testBadChunks(t *testing.T, s Store) {
	long := strings.Repeat("v", 129)
	good := index.Chunk{Content: "good", Vector: towards(0)}
	tests := []struct {
		name    string
		version string
		chunk   index.Chunk
	}{
		{"no version", "", good},
		{"long version", long, good},
		{"negative index", "v1", index.Chunk{Index: -1, Vector: towards(0)}},
		{"no vector", "v1", index.Chunk{}},
		{"short vector", "v1", index.Chunk{Vector: make([]float32, Dimension-1)}},
		{"long vector", "v1", index.Chunk{Vector: make([]float32, Dimension+1)}},
		{"infinite vector", "v1", index.Chunk{Vector: append(make([]float32, Dimension-1), float32(math.Inf(1)))}},
		{"vector that is no number", "v1", index.Chunk{Vector: append(make([]float32, Dimension-1), float32(math.NaN()))}},
		{"metadata that is no JSON", "v1", index.Chunk{Vector: towards(0), Metadata: map[string]any{"f": func() {}}}},
	}
	for _, tt := range tests {
		if err := s.Index.Stage(t.Context(), tt.version, []index.Chunk{tt.chunk}); err == nil {
			t.Errorf("%s: not refused", tt.name)
		}
	}
	refused(t, "other dimension", s.Index.Stage(t.Context(), "v1", []index.Chunk{{Vector: []float32{1}}}), index.ErrModel)
	put(t, s.Index, document("ann", "d", "v2", []index.Chunk{good}), []index.Chunk{good})
	if err := s.Index.Stage(t.Context(), "v2", []index.Chunk{good}); err == nil {
		t.Error("chunks staged under a version in place: not refused")
	}
}
