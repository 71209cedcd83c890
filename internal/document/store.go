package document

import (
	"context"

	"morag/internal/content"
)

// Store keeps documents. The parts of one, which may be large, are its Content, its
// Thumbnails and its Segments; each has a method that returns it.
// Every method is safe for concurrent use and joins the transaction that ctx carries;
// outside of one, a change is on stable storage when its method returns nil. Any of them
// may return [ErrNoSpace] or [ErrUnavailable]. Two stores at one place see each other's changes at once.
type Store interface {
	// Replace makes doc the document of its owner and id, whole, and returns what it
	// replaced, without its parts: nil when that is nothing, or this version already.
	// CreatedAt of the document in place stays. Times that are zero become the store's.
	// [ErrSuperseded] when the document in place was submitted later; then nothing
	// changes.
	Replace(ctx context.Context, doc Document) (*Document, error)

	// Delete removes a document and returns what it was, without its parts. [ErrNotFound].
	Delete(ctx context.Context, owner, id string) (*Document, error)

	// Get returns a document without its parts. [ErrNotFound].
	Get(ctx context.Context, owner, id string) (*Document, error)

	// Content returns a document's whole text. [ErrNotFound].
	Content(ctx context.Context, owner, id string) (string, error)

	// Thumbnails returns the blobs that hold the pictures of a document. [ErrNotFound].
	Thumbnails(ctx context.Context, owner, id string) ([]string, error)

	// Segments returns what is said when in a document, nil when none are kept. [ErrNotFound].
	Segments(ctx context.Context, owner, id string) ([]content.Segment, error)

	// Owners returns whose documents have this id, or were to have it, sorted.
	Owners(ctx context.Context, id string) ([]string, error)

	// ByChecksum returns the owner's oldest document of this checksum, nil when there
	// is none. In a transaction the answer stands until its end: another one that asks
	// for the same owner and checksum, here or at another server, waits, so that of two
	// equal sources one becomes the document and the other sees it.
	ByChecksum(ctx context.Context, owner, checksum string) (*Document, error)

	// ByOrigin returns the owner's newest document (by CreatedAt) that came from this place,
	// nil when there is none.
	ByOrigin(ctx context.Context, owner, origin string) (*Document, error)

	// Relocate says that the source of a document lies at another place now, and returns the
	// document, without its parts. Nothing else of it changes. [ErrNotFound].
	Relocate(ctx context.Context, owner, id, origin string) (*Document, error)

	// NoteDuplicate says that what was to become the owner's document id is a duplicate
	// of the document original. It is forgotten with that document.
	NoteDuplicate(ctx context.Context, owner, id, original string) error

	// Original returns what NoteDuplicate said of id. [ErrNotFound] when it said nothing.
	Original(ctx context.Context, owner, id string) (string, error)

	// Duplicates returns what NoteDuplicate said of the ids that f selects by Owner,
	// AllOwners and Prefix, as many as a page holds, by id and then owner.
	Duplicates(ctx context.Context, f Filter) ([]Duplicate, error)

	// List returns documents without their parts, in the order that f wants, and the
	// cursor of the next page, "" at the end. [ErrCursor], also for a cursor of another
	// order.
	List(ctx context.Context, f Filter) ([]*Document, string, error)

	// Current returns, by version, the documents that have one of these versions in
	// place; the other versions are missing in it. They come with their metadata, in the
	// order of versions, as long as these have at most so many bytes together.
	Current(ctx context.Context, versions []string, metadata int) (map[string]Summary, error)
}

// Duplicate is an id that was promised, and the document that it leads to.
type Duplicate struct{ ID, Owner, Original string }

// Filter selects documents.
type Filter struct {
	Owner     string
	AllOwners bool   // Owner is ignored
	Prefix    string // that the id begins with
	Origin    string // that the origin begins with
	// ContentType is that of the documents, "" for any.
	ContentType string
	// Named is a part of the label, folded or not; "" for any.
	Named  string
	Order  Order
	Limit  int // 0 for 100, at most 1000
	Cursor string
}

// Order is that of a list.
type Order string

// The orders. Documents that are equal in them are ordered by owner and id.
const (
	Newest Order = ""       // by CreatedAt, the last one first
	Oldest Order = "oldest" // by CreatedAt
	ByName Order = "name"   // by label
)

// PageBytes is how many bytes of metadata a page of documents holds: it ends with the
// document that reaches them, however many more were asked for.
const PageBytes = 1 << 20

// PageSize is how many documents a page of f holds at most.
func (f Filter) PageSize() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 1000)
}
