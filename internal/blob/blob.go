// Package blob is the port of the stores that keep source files and converted
// texts: streamed in, hashed on the way, read by range, named by a reference that
// only the adapter understands.
package blob

import (
	"context"
	"errors"
	"io"
	"time"
)

// What a store can answer. Adapters wrap them with %w.
var (
	// ErrNotFound: no blob has this reference.
	ErrNotFound = errors.New("no such blob")
	// ErrTooLarge: the stream went over its limit; nothing is kept.
	ErrTooLarge = errors.New("too large")
	// ErrNoSpace: the storage is full; nothing is kept.
	ErrNoSpace = errors.New("no space left for files")
)

// Scheme starts every reference, so that it can never be taken for a path.
const Scheme = "blob:"

// Info describes a blob.
type Info struct {
	Ref      string
	Size     int64
	SHA256   string // hex; "" when only Stat was asked and the store does not keep it
	Modified time.Time
}

// Reader reads a blob at any place.
type Reader interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// Store keeps blobs. It is safe for concurrent use. A blob never changes.
type Store interface {
	// Put reads r to its end and keeps what it read, at most limit bytes
	// ([ErrTooLarge]; 0 for no limit). When it returns nil the blob is on stable
	// storage; on any error, r's included, nothing is left. Memory does not grow
	// with the size. [ErrNoSpace].
	Put(ctx context.Context, r io.Reader, limit int64) (Info, error)

	// Open reads a blob. [ErrNotFound].
	Open(ctx context.Context, ref string) (Reader, Info, error)

	// Stat describes a blob. [ErrNotFound].
	Stat(ctx context.Context, ref string) (Info, error)

	// Delete removes a blob; one that is not there is no error.
	Delete(ctx context.Context, ref string) error

	// File answers the path of a local file with the blob's bytes, for an engine
	// that wants one, and what to call when it is done with it. A store that holds
	// it as a file copies nothing; the file must not be changed. [ErrNotFound].
	File(ctx context.Context, ref string) (path string, done func(), err error)

	// List calls fn with every blob last changed before cut, in no order. It is for
	// finding what nothing refers to any more.
	List(ctx context.Context, cut time.Time, fn func(Info) error) error
}
