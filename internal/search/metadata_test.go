package search

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"morag/internal/auth"
)

// TestMetadataOfHits: the document's, overlaid by the chunk's own, in the order of names.
func TestMetadataOfHits(t *testing.T) {
	t.Parallel()
	f := &fake{near: hits("a0", "a1"), documents: map[string]json.RawMessage{"a-v1": json.RawMessage(`{"page":9,"title":"T"}`)}}
	f.near[0].Own = map[string]any{"page": 1, "document_id": "a"}
	found, err := service(f).Search(t.Context(), auth.Scope{}, Query{Text: "x", Mode: Vectors})
	if err != nil || len(found.Hits) != 2 || found.Warnings != nil {
		t.Fatal(found, err)
	}
	for i, want := range []string{`{"document_id":"a","page":1,"title":"T"}`, `{"page":9,"title":"T"}`} {
		if got := string(found.Hits[i].Metadata); got != want {
			t.Errorf("hit %d: %s, want %s", i, got, want)
		}
	}
}

// TestMetadataOfAnAnswerAreBounded: what has no room is left out, and the caller is told.
func TestMetadataOfAnAnswerAreBounded(t *testing.T) {
	t.Parallel()
	const each = maxMetadata / 16
	large := json.RawMessage(`{"a":"` + strings.Repeat("x", each-8) + `"}`)
	f := &fake{documents: map[string]json.RawMessage{"a-v1": large}}
	for i := range 18 {
		h := hit("a0")
		h.Chunk, h.ChunkIndex, h.Own = int64(i), i, map[string]any{"page": i}
		f.near = append(f.near, h)
	}
	found, err := service(f).Search(t.Context(), auth.Scope{}, Query{Text: "x", Mode: Vectors, Limit: 100})
	if err != nil || len(found.Hits) != 18 {
		t.Fatal(len(found.Hits), err)
	}
	for i, h := range found.Hits {
		var m map[string]any
		if err := json.Unmarshal(h.Metadata, &m); err != nil || m["page"] != float64(i) || (m["a"] != nil) != (i < 16) {
			t.Errorf("hit %d has metadata of %d bytes: %v", i, len(h.Metadata), err)
		}
	}
	want := "[the metadata of the results are larger than 4 MiB: 2 results have only those of their chunk]"
	if got := fmt.Sprint(found.Warnings); got != want {
		t.Errorf("warnings %s, want %s", got, want)
	}
}
