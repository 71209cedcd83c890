// Package documenttest is the conformance suite of document.Store: what every store
// must do, whatever it keeps its documents in.
//
// A store runs it in a few lines:
//
//	func TestStore(t *testing.T) {
//		documenttest.Run(t, func(t *testing.T) documenttest.Subject { … })
//	}
//
// Each test gets a subject of its own, and they run in parallel. A new test is a
// function in one of the files and a line in [Run].
package documenttest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"morag/internal/content"
	"morag/internal/document"
)

// Place is one store and its transactions.
type Place struct {
	Store document.Store
	// Transact runs fn in a transaction that calls of Store with its context belong
	// to; nil for a store that knows none, whose tests are left out.
	Transact func(ctx context.Context, fn func(ctx context.Context) error) error
}

// Subject is an empty store and what a test needs around it. The open function cleans
// up by t.Cleanup.
type Subject struct {
	Place
	// Second is another store at the same place, as another server has it; nil for a
	// store that one process has to itself, whose tests are left out.
	Second *Place
	// Advance moves the store's clock.
	Advance func(d time.Duration)
}

// Run runs the suite.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	tests := []struct {
		name string
		test func(t *testing.T, s Subject)
	}{
		{"replace shows the document", testReplace},
		{"the store's time", testTimes},
		{"later submitted wins", testSubmitted},
		{"delete", testDelete},
		{"segments go with their document", testSegments},
		{"thumbnails go with their document", testThumbnails},
		{"owners are apart", testOwners},
		{"oldest of a checksum", testChecksum},
		{"newest of an origin", testOrigin},
		{"relocated is nothing else", testRelocate},
		{"duplicates lead to their original", testNotedDuplicates},
		{"list in pages", testList},
		{"list in an order", testOrder},
		{"looked up by name and type", testNamed},
		{"pages have bounds", testPageSize},
		{"pages hold so many bytes", testPageBytes},
		{"versions in place", testCurrent},
		{"rolled back changes nothing", testRollback},
		{"two stores at one place", testTwoStores},
		{"a duplicate is decided once at two stores", testDuplicates},
		{"of two replacements at two stores the later submitted wins", testReplacements},
		{"cancelled", testCancelled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, open(t))
		})
	}
}

// day is when the documents of the tests begin.
var day = time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC)

// made is a document that has every field.
func made(owner, id, version string) document.Document {
	return document.Document{
		ID: id, Owner: owner, Version: version, Submitted: 1,
		ContentType: "document", ProcessingMethod: "local", Checksum: "sum-" + version,
		SourceName: id + ".pdf", SourceRef: "blob:" + version, MIME: "application/pdf", Origin: "/home/" + owner + "/" + id + ".pdf",
		Metadata: []byte(`{"future":{"x":null},"pages":3,"tags":["a","b"],"title":"On ` + id + `"}`),
		Content:  "the text of " + version, ContentLength: 12 + len(version), ChunkCount: 2,
		Thumbnails: []string{"blob:1-" + version, "blob:2-" + version, "blob:3-" + version},
		Segments:   []content.Segment{{Start: 1.5, End: 2.25, Text: "text of " + version, Speaker: "Ada", Confidence: new(0.5), Words: []content.Word{{Start: 1.5, End: 2, Text: "text"}}}},
		TaskID:     "task-" + version, CreatedAt: day, UpdatedAt: day.Add(time.Hour),
	}
}

// stored is a document as it is returned: without its parts.
func stored(doc document.Document) *document.Document {
	doc.Content, doc.Thumbnails, doc.Segments = "", nil, nil
	return &doc
}

func replace(t *testing.T, s document.Store, doc document.Document) *document.Document {
	t.Helper()
	old, err := s.Replace(t.Context(), doc)
	if err != nil {
		t.Fatalf("replace %s by %s: %v", doc.ID, doc.Version, err)
	}
	return old
}

func get(t *testing.T, s document.Store, owner, id string) *document.Document {
	t.Helper()
	d, err := s.Get(t.Context(), owner, id)
	if err != nil {
		t.Fatalf("get %s: %v", id, err)
	}
	return d
}

func list(t *testing.T, s document.Store, f document.Filter) ([]*document.Document, string) {
	t.Helper()
	documents, next, err := s.List(t.Context(), f)
	if err != nil {
		t.Fatalf("list %+v: %v", f, err)
	}
	return documents, next
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

func name(format string, args ...any) string { return fmt.Sprintf(format, args...) }
