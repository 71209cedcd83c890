// Package index is the port of what can be searched: documents, their chunks, the
// chunks' vectors and their words. The adapters are its subpackages; package search
// makes one ranking of what they find.
package index

import (
	"context"
	"errors"
	"time"
)

// What an index can answer. Adapters wrap them with %w.
var (
	// ErrNotFound: the owner has no document of that id.
	ErrNotFound = errors.New("no such document")
	// ErrSuperseded: the document in place was submitted later.
	ErrSuperseded = errors.New("a later replacement is in place")
	// ErrIncomplete: not as many chunks are staged as the document has. They were
	// swept; stage them again.
	ErrIncomplete = errors.New("chunks are missing")
	// ErrModel: the index holds vectors of another model, or was given one of
	// another dimension.
	ErrModel = errors.New("index was built with another embedding model")
	// ErrNotReady: vectors are still being loaded after the start.
	ErrNotReady = errors.New("index is still loading")
	// ErrFilter: a filter that cannot be understood; the message names it.
	ErrFilter = errors.New("bad filter")
	// ErrCursor: not a cursor that List has answered.
	ErrCursor = errors.New("bad cursor")
)

// Document is one document as it can be searched. Owner and ID together are its
// key: what one owner stores, another neither sees nor replaces.
type Document struct {
	ID      string
	Owner   string
	Version string // names the staged chunks that belong to it
	// Submitted orders replacements: the higher one wins, whichever ends first.
	Submitted int64

	ContentType      string
	ProcessingMethod string // "local" or "remote"
	Checksum         string // SHA-256 of the source, or of the text for a URL; hex
	SourceName       string
	SourceRef        string // the blob kept with it, "" when none is
	MIME             string
	Metadata         map[string]any
	Content          string // the whole text; answered by Content only

	ContentLength int // in characters
	ChunkCount    int // how many chunks were staged
	TaskID        string
	CreatedAt     time.Time // of the first version; later ones leave it
	UpdatedAt     time.Time // of this version
}

// Chunk is one searchable piece. Its metadata are its own (start, end, page); a
// search answers them over the document's. Its vector has the index's dimension and
// any length but infinity; the zero vector keeps it out of [Index.Nearest].
type Chunk struct {
	Index    int
	Content  string
	Metadata map[string]any
	Vector   []float32
}

// Hit is a chunk that a search found. Version and ChunkIndex are its key: documents
// of two owners may have one id, and two searches may see two versions of one.
type Hit struct {
	Owner      string
	DocumentID string
	Version    string
	ChunkIndex int
	Content    string
	Metadata   map[string]any // the document's, overlaid by the chunk's, overlaid by the reserved
	Score      float64
}

// Scope says whose documents are looked at and which of them.
type Scope struct {
	Owner     string
	AllOwners bool // Owner is ignored
	// Filter restricts to chunks by their metadata; nil for all.
	Filter Filter
}

// Index stores and finds documents. It is safe for concurrent use.
//
// A document gets in by two phases: Stage writes chunks under a version that no
// search sees, in short batches; Replace switches the document to that version in
// the transaction that ctx carries (so that it commits together with the end of the
// task), or in one of its own. A search sees one version of a document, the one
// before a switch or the one after it, whole. What is staged and never switched to,
// and what was switched away from, is removed by Sweep.
type Index interface {
	// Stage stores chunks under version, a name of 1 to 128 bytes that no other
	// document or attempt uses. The same chunk index again replaces it, so a batch
	// may be repeated. After an error some of the chunks may be stored. [ErrModel].
	Stage(ctx context.Context, version string, chunks []Chunk) error

	// Replace makes doc, with the chunks staged under doc.Version, the document of
	// its owner and id. It answers what it replaced, without Content, nil when that
	// is nothing or this version already. [ErrSuperseded] when the document in place
	// was submitted later, [ErrIncomplete]; then nothing changes. Once replaced or
	// deleted, a version cannot be switched to again.
	Replace(ctx context.Context, doc Document) (*Document, error)

	// Delete removes a document and answers what it was, without Content.
	// [ErrNotFound].
	Delete(ctx context.Context, owner, id string) (*Document, error)

	// Get answers a document without Content. [ErrNotFound].
	Get(ctx context.Context, owner, id string) (*Document, error)

	// Owners answers whose documents have this id, sorted by owner.
	Owners(ctx context.Context, id string) ([]string, error)

	// ByChecksum answers the owner's oldest document of this checksum, nil when
	// there is none.
	ByChecksum(ctx context.Context, owner, checksum string) (*Document, error)

	// Content answers a document's whole text. [ErrNotFound].
	Content(ctx context.Context, owner, id string) (string, error)

	// Chunks answers a document's chunks in order, without vectors, from chunk
	// index from on, at most n. [ErrNotFound].
	Chunks(ctx context.Context, owner, id string, from, n int) ([]Chunk, error)

	// List answers at most limit documents without Content, newest (by CreatedAt)
	// first, and the cursor of the next page, "" at the end. Only Owner and
	// AllOwners of the scope count. [ErrCursor].
	List(ctx context.Context, s Scope, limit int, cursor string) ([]*Document, string, error)

	// Nearest answers the n chunks whose vectors are closest to v, best first;
	// Score is the cosine. Chunks with a zero vector are never near, and nothing is
	// near one. Equal scores are ordered by age. [ErrNotReady], [ErrModel].
	Nearest(ctx context.Context, v []float32, n int, s Scope) ([]Hit, error)

	// Match answers the n chunks that best match the words of text, best first.
	// text is a person's words, never a query language; one word is enough to match,
	// no word matches nothing. Score is the higher the better and compares within one
	// answer only.
	Match(ctx context.Context, text string, n int, s Scope) ([]Hit, error)

	// Sweep removes up to n chunks that no document uses and no version in keep
	// names, in short transactions of its own, and tells how many it removed; fewer
	// than n: nothing is left to remove. Searches that began before see what they
	// saw. It must not be called in a transaction.
	Sweep(ctx context.Context, n int, keep []string) (int, error)

	// Ready is nil when searches see everything, else [ErrNotReady].
	Ready() error
}
