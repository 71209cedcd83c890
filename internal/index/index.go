// Package index is the port of what can be searched: the chunks of documents, their
// vectors and their words. It knows documents by the versions that their chunks are
// staged under; which version is in place is package document's to say. The adapters
// are its subpackages; package search makes one ranking of what they find.
package index

import (
	"context"
	"errors"
	"time"
)

// What an index can return. Adapters wrap them with %w.
var (
	// ErrNotFound: there is no version of that name.
	ErrNotFound = errors.New("no such version")
	// ErrIncomplete: not as many chunks are staged as the version has. They were swept;
	// stage them again.
	ErrIncomplete = errors.New("chunks are missing")
	// ErrModel: the index holds vectors of another model, or was given one of
	// another dimension.
	ErrModel = errors.New("index was built with another embedding model")
	// ErrNotReady: vectors and words are still being loaded after the start.
	ErrNotReady = errors.New("index is still loading")
	// ErrUnavailable: what the index is kept in cannot be asked at the moment.
	ErrUnavailable = errors.New("index unavailable")
	// ErrFilter: a filter that cannot be understood; the message names it.
	ErrFilter = errors.New("bad filter")
	// ErrNoSpace: the index's disk is full; what was asked for may be tried again when
	// there is room.
	ErrNoSpace = errors.New("no space left for the index")
)

// Version is one version of a document: what all its chunks have in common. Searches
// look at it, and return it with every hit.
type Version struct {
	// Name has 1 to 160 bytes: the longest id of a task and the number of its run. No
	// other document and no other attempt uses it.
	Name             string
	Owner            string
	DocumentID       string
	ContentType      string
	SourceName       string // "" when the source has none; its words are found too
	ProcessingMethod string // "local" or "remote"
	Metadata         map[string]any
	Chunks           int // how many it has when all are staged
	// Model is what made the vectors of its chunks; the zero Model is that which is searched.
	Model Model
}

// Chunk is one searchable piece. Its metadata are its own (start, end, page); a
// search returns them, and they hide the document's. Its vector has the index's dimension and
// any length but infinity; the zero vector keeps it out of [Index.Nearest].
type Chunk struct {
	Index    int
	Content  string
	Metadata map[string]any
	Vector   []float32
	// Places are where in the document the parts of the content are, by where they begin.
	// Hits return them.
	Places []Place
}

// Place is where in its document a part of a chunk is. What is zero is not known.
type Place struct {
	At      int      `json:"at"` // where the part begins, in bytes of the content
	Page    int      `json:"page,omitempty"`
	Start   *float64 `json:"start,omitempty"` // seconds
	End     *float64 `json:"end,omitempty"`
	Speaker string   `json:"speaker,omitempty"`
	Heading string   `json:"heading,omitempty"`
}

// Found is a chunk that a ranking has. [Index.Read] reads it.
type Found struct {
	Chunk   int64 // its number, which no other chunk ever gets; older ones have smaller
	Version int64 // the same for all chunks of one version, and for no others
	Score   float64
}

// Hit is a chunk that was found and read. Name and ChunkIndex are its key: documents
// of two owners may have one id, and two searches may see two versions of one.
type Hit struct {
	Found
	Owner      string
	DocumentID string
	Name       string // of the version
	ChunkIndex int
	Content    string
	Places     []Place
	// Own are the metadata of the chunk, overlaid by the reserved ones. Those of the
	// document, which they hide, are kept with it.
	Own map[string]any
}

// Scope says whose documents are looked at and which of them.
type Scope struct {
	Owner     string
	AllOwners bool // Owner is ignored
	// Model is what made the vector that is asked for; the zero Model is that which is searched.
	Model Model
	// Filter restricts to chunks by their metadata; nil for all.
	Filter Filter
	// Phrases are texts whose words must stand in a chunk one after the other, Without such
	// as must not. Case does not count, endings and marks do.
	Phrases, Without []string
}

// PageBytes is how much text [Index.Chunks] returns at a time, in bytes.
const PageBytes = 1 << 20

// Index stores and finds chunks. It is safe for concurrent use. Any method that writes
// may return [ErrNoSpace].
//
// Chunks get in by one protocol, whatever the adapter keeps them in. Stage writes them
// in short batches, before the transaction that switches the document and never in one.
// Switch is called in that transaction. Sweep removes, later and in small batches, what
// was never switched to and what was switched away from.
//
// An adapter in the database of that transaction joins it in Switch: its searches see
// one version of a document, the one before the switch or the one after it, whole. An
// adapter elsewhere cannot, and must not call its service there: its searches may also
// return chunks of versions that are not in place, which whoever searches drops
// ([morag/internal/search] asks document.Store.Current), and it finds out by the same
// question what it may sweep.
type Index interface {
	// Stage stores chunks of a version. The same chunk index again replaces it, so a
	// batch may be repeated; what v says is what the last call said. A version without
	// chunks is staged by a call without any. After an error some of the chunks may be
	// stored. A version that was in place is refused. [ErrModel].
	Stage(ctx context.Context, v Version, chunks []Chunk) error

	// Switch shows the version named show to searches and hides the one named hide, in
	// the transaction that ctx carries, or in one of its own; "" for neither. To show
	// what is shown, or to hide what is not, is no error. [ErrIncomplete] when not all
	// chunks of show are staged; then nothing changes. What was hidden once cannot be
	// shown again.
	Switch(ctx context.Context, show, hide string) error

	// Chunks returns the chunks of a version in order, without vectors, from chunk
	// index from on, at most n, and no more after one with which their texts have
	// [PageBytes]. [ErrNotFound].
	Chunks(ctx context.Context, version string, from, n int) ([]Chunk, error)

	// Nearest returns the n chunks whose vectors are closest to v, best first;
	// Score is the cosine. Chunks with a zero vector are never near, and nothing is
	// near one. Equal scores are ordered by age. [ErrNotReady], [ErrModel].
	Nearest(ctx context.Context, v []float32, n int, s Scope) ([]Found, error)

	// Match returns the n chunks that best match the words of text, best first, by BM25.
	// text is a person's words, never a query language; one word is enough to match,
	// no word matches nothing. The title of the document, the name of its source and the
	// chunk's heading are found like its content, and with the first chunk of a document what
	// its metadata say, as [Described] has it. Words are compared by their stems, and
	// without marks; how rare one is, is counted within the documents of the scope's owner.
	// Score is above 0: 1 for a chunk of mean length that has every word once, so that it
	// compares between questions. Other words that the best chunks have may add to it, but
	// find nothing by themselves. [ErrNotReady].
	Match(ctx context.Context, text string, n int, s Scope) ([]Found, error)

	// Read reads chunks that were found, in their order. Those that were swept in the
	// meantime are left out.
	Read(ctx context.Context, found []Found) ([]Hit, error)

	// Fields returns what the documents of versions have of the metadata under the keys, as
	// [SharedMetadata] has it. Versions that were swept in the meantime are left out.
	Fields(ctx context.Context, versions []int64, keys []string) ([]map[string]any, error)

	// Sweep removes up to n chunks of versions that were switched away from, or that
	// are staged and to which nothing was added for age, in short transactions of its
	// own, and tells how many it removed; fewer than n: nothing is left to remove. A
	// run that stages more slowly learns by [ErrIncomplete] to stage again. Searches
	// that began before see what they saw. It must not be called in a transaction.
	Sweep(ctx context.Context, n int, age time.Duration) (int, error)

	// Ready is nil when searches see everything, else [ErrNotReady].
	Ready() error
}

// Sized is an [Index] that tells how much can be found in it.
type Sized interface {
	// Size returns how many versions are shown and how many chunks they have. Its cost grows
	// with the versions.
	Size(ctx context.Context) (versions, chunks int, err error)
}
