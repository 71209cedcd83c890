// Package blob is the port of the stores that keep source files and converted
// texts: streamed in, hashed on the way, read by range, named by a random reference; and
// of the references to them, that is who uses which.
package blob

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// What a store can return. Adapters wrap them with %w.
var (
	// ErrNotFound: no blob has this reference.
	ErrNotFound = errors.New("no such blob")
	// ErrTooLarge: the stream went over its limit; nothing is kept.
	ErrTooLarge = errors.New("too large")
	// ErrNoSpace: the storage is full; nothing is kept.
	ErrNoSpace = errors.New("no space left for files")
	// ErrUnavailable: the storage cannot be asked at the moment; nothing changed.
	ErrUnavailable = errors.New("file store unavailable")
)

// Scheme starts every reference, so that it can never be taken for a path.
const Scheme = "blob:"

// HeadSize is how many bytes of its beginning a blob is described with: what tells its
// type.
const HeadSize = 3072

// Info describes a blob.
type Info struct {
	Ref      string
	Size     int64
	SHA256   string // hex; "" when only Stat was asked and the store does not keep it
	Modified time.Time
	Head     []byte // the first HeadSize bytes; of what was just put only
}

// Reader reads a blob at any place.
type Reader interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// Store is where services keep blobs: [Tracked] over a bucket. It is safe for concurrent
// use. A blob never changes.
type Store interface {
	// Put reads r to its end and keeps what it read, at most limit bytes
	// ([ErrTooLarge]; 0 for no limit). When it returns nil the blob is on stable
	// storage; on any error, r's included, nothing is left. Memory does not grow
	// with the size. Who puts it has [Grace] to say who uses it. [ErrNoSpace].
	Put(ctx context.Context, r io.Reader, limit int64) (Info, error)

	// Open reads a blob. [ErrNotFound].
	Open(ctx context.Context, ref string) (Reader, Info, error)

	// Stat describes a blob. [ErrNotFound].
	Stat(ctx context.Context, ref string) (Info, error)

	// File returns the path of a local file with the blob's bytes, for an engine
	// that wants one, and what to call when it is done with it. A store that holds
	// it as a file copies nothing; the file must not be changed. [ErrNotFound].
	File(ctx context.Context, ref string) (path string, done func(), err error)

	// Delete removes a blob unless somebody uses it; one that is not there, or that is
	// no blob, is no error.
	Delete(ctx context.Context, ref string) error

	// Hold keeps a blob that nobody uses for as long as this process lives and release
	// is not called.
	Hold(ctx context.Context, ref string) (release func())
}

// Bucket keeps the bytes of blobs, whoever uses them. It is safe for concurrent use.
type Bucket interface {
	// Write is [Store].Put under a reference that [NewRef] made, which no other blob has.
	Write(ctx context.Context, ref string, r io.Reader, limit int64) (Info, error)

	// Open, Stat and File are those of [Store].
	Open(ctx context.Context, ref string) (Reader, Info, error)
	Stat(ctx context.Context, ref string) (Info, error)
	File(ctx context.Context, ref string) (path string, done func(), err error)

	// Delete removes a blob; one that is not there is no error.
	Delete(ctx context.Context, ref string) error

	// List calls fn with every blob last changed before cut, in the order of references,
	// from the first one after the reference after; fn may delete it. It is for finding,
	// rarely, what no reference was ever kept of.
	List(ctx context.Context, after string, cut time.Time, fn func(Info) error) error
}

// IDBytes is how long the random part of a reference is, as bytes; it is written in lower
// hexadecimal digits.
const IDBytes = 16

// NewRef makes a reference: random enough never to be guessed or met twice.
func NewRef() string {
	raw := make([]byte, IDBytes)
	rand.Read(raw)
	return Scheme + hex.EncodeToString(raw)
}

// ID is the random part of a reference, for buckets to name the blob by. References come from
// outside: any that [NewRef] cannot have made names nothing, which is [ErrNotFound].
func ID(ref string) (string, error) {
	id, ok := strings.CutPrefix(ref, Scheme)
	if !ok || !ValidID(id) {
		return "", fmt.Errorf("%.80q: %w", ref, ErrNotFound)
	}
	return id, nil
}

// ValidID tells whether [NewRef] may have made id.
func ValidID(id string) bool {
	raw, err := hex.DecodeString(id)
	return err == nil && len(raw) == IDBytes && strings.ToLower(id) == id
}

// Is tells whether ref may name a blob, as against a path.
func Is(ref string) bool { return strings.HasPrefix(ref, Scheme) }
