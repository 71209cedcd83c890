package indextest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"morag/internal/index"
)

// library is a store and which version of each document is in place, which package
// document knows otherwise.
type library struct {
	Store
	mu      sync.Mutex // guards inPlace
	inPlace map[[2]string]string
}

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

// version is one that has every field.
func version(owner, id, name string, chunks []index.Chunk) index.Version {
	return index.Version{
		Name: name, Owner: owner, DocumentID: id, ContentType: "document", ProcessingMethod: "local",
		Metadata: map[string]any{"title": "On " + id, "tags": []any{"a", "b"}, "pages": 3.0},
		Chunks:   len(chunks),
	}
}

// put stages the chunks and switches the document to them.
func (l *library) put(t *testing.T, v index.Version, chunks []index.Chunk) {
	t.Helper()
	l.stage(t, v, chunks)
	l.show(t, v)
}

func (l *library) stage(t *testing.T, v index.Version, chunks []index.Chunk) {
	t.Helper()
	if err := l.Index.Stage(t.Context(), v, chunks); err != nil {
		t.Fatalf("stage %s: %v", v.Name, err)
	}
}

// show switches the document to a version that is staged.
func (l *library) show(t *testing.T, v index.Version) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	key := [2]string{v.Owner, v.DocumentID}
	if err := l.Index.Switch(t.Context(), v.Name, l.inPlace[key]); err != nil {
		t.Fatalf("switch %s from %q to %s: %v", v.DocumentID, l.inPlace[key], v.Name, err)
	}
	l.inPlace[key] = v.Name
}

// remove hides the document.
func (l *library) remove(t *testing.T, owner, id string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	key := [2]string{owner, id}
	if err := l.Index.Switch(t.Context(), "", l.inPlace[key]); err != nil {
		t.Fatalf("hide %s: %v", id, err)
	}
	delete(l.inPlace, key)
}

// nearest returns the hits as "document/chunk".
func nearest(t *testing.T, x index.Index, axis int, s index.Scope) []string {
	t.Helper()
	hits, err := Nearest(t.Context(), x, towards(axis), 100, s)
	if err != nil {
		t.Fatalf("nearest: %v", err)
	}
	return names(hits)
}

// match returns the hits as "document/chunk", sorted: how words are ranked is the
// adapter's.
func match(t *testing.T, x index.Index, text string, s index.Scope) []string {
	t.Helper()
	hits, err := Match(t.Context(), x, text, 100, s)
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

func own(owner string) index.Scope { return index.Scope{Owner: owner} }

func filter(t *testing.T, conditions map[string]any) index.Filter {
	t.Helper()
	f, err := index.ParseFilter(conditions)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
