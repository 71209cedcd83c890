package api

import (
	"testing"

	"morag/internal/option"
)

func TestClosest(t *testing.T) {
	t.Parallel()
	known := []string{"query", "limit", "filters", "mode", "chunk_size", "url", "document_id"}
	for name, want := range map[string]string{
		"filter": "filters", "filtres": "filters", "Filters": "filters", "chunkSize": "chunk_size", "chunk-size": "chunk_size", "chunk_sise": "chunk_size",
		"documentId": "document_id", "doc_id": "", "uri": "url", "limits": "limit", "top_k": "", "user": "", "model": "mode", "queries": "",
		"": "", "filters_of_another_kind": "",
	} {
		if got := closest(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// No option is taken for a misspelling of another one.
func TestOptionsAreApart(t *testing.T) {
	t.Parallel()
	o := &options{values: map[string]any{}}
	for _, row := range option.Rows() {
		o.values[row.Name] = true
	}
	for _, name := range []string{"mode", "source_type", "content_type", "url", "items", "metadata", "file"} {
		o.values[name] = true
	}
	if got := o.misspelt(); len(got) > 0 {
		t.Errorf("%q", got)
	}
}
