// Package document is the port of the stores that keep documents: what was ingested,
// under which version its chunks are in the index, and its whole text. It is the truth
// about which version of a document is in place; an index holds only what can be found
// again from here.
package document

import (
	"encoding/json"
	"errors"
	"time"

	"morag/internal/content"
)

// What a store can return. Adapters wrap them with %w.
var (
	// ErrNotFound: the owner has no document of that id.
	ErrNotFound = errors.New("no such document")
	// ErrSuperseded: the document in place was submitted later.
	ErrSuperseded = errors.New("a later replacement is in place")
	// ErrCursor: not a cursor that List has returned.
	ErrCursor = errors.New("bad cursor")
	// ErrNoSpace: the store's disk is full; nothing changed, and it may be tried again
	// when there is room.
	ErrNoSpace = errors.New("no space left for documents")
	// ErrUnavailable: the store cannot be asked at the moment; nothing changed.
	ErrUnavailable = errors.New("document store unavailable")
)

// Document is one document as it is in place. Owner and ID together are its key: what
// one owner stores, another neither sees nor replaces.
type Document struct {
	ID      string
	Owner   string
	Version string // names its chunks in the index; no two documents or attempts share one
	// Submitted orders replacements: the higher one wins, whichever ends first.
	Submitted int64

	ContentType      string
	ProcessingMethod string // "local" or "remote"
	Checksum         string // SHA-256 of the source, or of an address and what it led to; hex
	SourceName       string
	SourceRef        string // the blob kept with it, "" when none is
	Origin           string // the address or path that the source came from, "" when nobody said
	MIME             string
	// Metadata is a JSON object, nil for none. It is decoded only where it is looked into.
	Metadata json.RawMessage
	Content  string // the whole text; returned by Content only
	// Thumbnails are blobs that hold pictures of it, in their order; returned by
	// Thumbnails only.
	Thumbnails []string
	// Segments are what is said when, by their start; nil when none are kept, empty of a
	// recording in which nothing is said. They are returned by Segments only.
	Segments []content.Segment

	ContentLength int // in characters
	ChunkCount    int
	TaskID        string
	CreatedAt     time.Time // of the first version; later ones leave it
	UpdatedAt     time.Time // of this version
}

// Title is what the document calls itself, "" when it does not.
func (d *Document) Title() string {
	var metadata struct {
		Title any `json:"title"`
	}
	_ = json.Unmarshal(d.Metadata, &metadata) // a store takes no other
	title, _ := metadata.Title.(string)
	return title
}

// Summary is what is shown of a document beside a hit.
type Summary struct {
	ID          string
	Name        string // of the source, "" when it had none
	Title       string // as [Document.Title]
	ContentType string
	// Metadata is that of the document, {} when it has none, nil when there was no room.
	Metadata json.RawMessage
}
