package indextest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"morag/internal/index"
)

// day is when the documents of the tests begin.
var day = time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC)

// direction is a vector that is the nearer to towards(axis) the smaller turn is, which
// goes from 0 to 1, a right angle.
func direction(axis int, turn float32) []float32 {
	v := make([]float32, Dimension)
	v[axis] = 1 - turn
	v[(axis+1)%Dimension] = turn
	return v
}

func towards(axis int) []float32 { return direction(axis, 0) }

// chunksOf makes a chunk of each text, all in one direction.
func chunksOf(axis int, texts ...string) []index.Chunk {
	chunks := make([]index.Chunk, len(texts))
	for i, text := range texts {
		chunks[i] = index.Chunk{Index: i, Content: text, Vector: direction(axis, float32(i)/100)}
	}
	return chunks
}

// document is one that has every field, for chunks staged under version.
func document(owner, id, version string, chunks []index.Chunk) index.Document {
	var texts []string
	for _, c := range chunks {
		texts = append(texts, c.Content)
	}
	content := strings.Join(texts, "\n")
	return index.Document{
		ID: id, Owner: owner, Version: version, Submitted: 1,
		ContentType: "document", ProcessingMethod: "local", Checksum: "sum-" + version,
		SourceName: id + ".pdf", SourceRef: "blob:" + version, MIME: "application/pdf",
		Metadata: map[string]any{"title": "On " + id, "tags": []any{"a", "b"}, "pages": 3.0},
		Content:  content, ContentLength: utf8.RuneCountInString(content), ChunkCount: len(chunks),
		TaskID: "task-" + version, CreatedAt: day, UpdatedAt: day.Add(time.Hour),
	}
}

// put stages the chunks and switches to them.
func put(t *testing.T, x index.Index, doc index.Document, chunks []index.Chunk) *index.Document {
	t.Helper()
	stage(t, x, doc.Version, chunks)
	old, err := x.Replace(t.Context(), doc)
	if err != nil {
		t.Fatalf("replace %s by %s: %v", doc.ID, doc.Version, err)
	}
	return old
}

func stage(t *testing.T, x index.Index, version string, chunks []index.Chunk) {
	t.Helper()
	if err := x.Stage(t.Context(), version, chunks); err != nil {
		t.Fatalf("stage %s: %v", version, err)
	}
}

// nearest answers the hits as "document/chunk".
func nearest(t *testing.T, x index.Index, axis int, s index.Scope) []string {
	t.Helper()
	hits, err := x.Nearest(t.Context(), towards(axis), 100, s)
	if err != nil {
		t.Fatalf("nearest: %v", err)
	}
	return names(hits)
}

// match answers the hits as "document/chunk", sorted: how words are ranked is the
// adapter's.
func match(t *testing.T, x index.Index, text string, s index.Scope) []string {
	t.Helper()
	hits, err := x.Match(t.Context(), text, 100, s)
	if err != nil {
		t.Fatalf("match %q: %v", text, err)
	}
	found := names(hits)
	slices.Sort(found)
	return found
}

func names(hits []index.Hit) []string {
	var names []string
	for _, h := range hits {
		names = append(names, fmt.Sprintf("%s/%d", h.DocumentID, h.ChunkIndex))
	}
	return names
}

func equal[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func refused(t *testing.T, what string, err, sentinel error) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Errorf("%s: got %v, want %v", what, err, sentinel)
	}
}

// stored is a document as it is answered: without its text.
func stored(doc index.Document) *index.Document {
	doc.Content = ""
	return &doc
}

func own(owner string) index.Scope { return index.Scope{Owner: owner} }

func filter(t *testing.T, conditions map[string]any) index.Filter {
	t.Helper()
	f, err := index.ParseFilter(conditions)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
