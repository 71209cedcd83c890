package indextest

import (
	"math"
	"strings"
	"testing"

	"morag/internal/index"
)

func testStaged(t *testing.T, l *library) {
	chunks := chunksOf(0, "quiet water", "still water")
	l.stage(t, version("ann", "d", "v1", chunks), chunks)
	if hits := nearest(t, l.Index, 0, index.Scope{AllOwners: true}); len(hits) > 0 {
		t.Errorf("nearest finds %v", hits)
	}
	if hits := match(t, l.Index, "water", index.Scope{AllOwners: true}); len(hits) > 0 {
		t.Errorf("match finds %v", hits)
	}
	equal(t, "nearest with a filter", nil, nearest(t, l.Index, 0, index.Scope{AllOwners: true, Filter: filter(t, map[string]any{"document_id": "d"})}))
}

func testStageAgain(t *testing.T, l *library) {
	chunks := chunksOf(0, "first heron", "second heron")
	v := version("ann", "d", "v1", chunks)
	v.Owner, v.DocumentID, v.Metadata = "somebody", "something", nil // what is said last counts
	l.stage(t, v, chunks)
	v = version("ann", "d", "v1", chunks)
	chunks[0].Content, chunks[0].Vector, chunks[0].Metadata = "third kestrel", towards(3), map[string]any{"page": 7.0}
	l.stage(t, v, chunks[:1])
	l.stage(t, v, chunks)
	l.show(t, v)

	equal(t, "near the new vector", []string{"d/0", "d/1"}, nearest(t, l.Index, 3, own("ann")))
	equal(t, "near the old vector", []string{"d/1", "d/0"}, nearest(t, l.Index, 0, own("ann")))
	equal(t, "new words", []string{"d/0"}, match(t, l.Index, "kestrel", own("ann")))
	equal(t, "old words", nil, match(t, l.Index, "first", own("ann")))
	equal(t, "new metadata", []string{"d/0"}, nearest(t, l.Index, 0, index.Scope{Owner: "ann", Filter: filter(t, map[string]any{"page": 7})}))
}

func testLongestVersion(t *testing.T, l *library) {
	chunks := chunksOf(0, "deep water")
	v := version("ann", "d", strings.Repeat("v", 160), chunks)
	l.stage(t, v, chunks)
	l.show(t, v)
	equal(t, "of the longest version", []string{"d/0"}, nearest(t, l.Index, 0, own("ann")))
}

func testBadChunks(t *testing.T, l *library) {
	long := strings.Repeat("v", 161)
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
		if err := l.Index.Stage(t.Context(), version("ann", "d", tt.version, nil), []index.Chunk{tt.chunk}); err == nil {
			t.Errorf("%s: not refused", tt.name)
		}
	}
	refused(t, "other dimension", l.Index.Stage(t.Context(), version("ann", "d", "v1", nil), []index.Chunk{{Vector: []float32{1}}}), index.ErrModel)
	v := version("ann", "d", "v2", []index.Chunk{good})
	l.put(t, v, []index.Chunk{good})
	if err := l.Index.Stage(t.Context(), v, []index.Chunk{good}); err == nil {
		t.Error("chunks staged under a version in place: not refused")
	}
}
