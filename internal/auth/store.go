package auth

import (
	"context"
	"errors"
	"time"
)

// What a store can answer. Adapters wrap them with %w.
var (
	// ErrExists: the id is taken.
	ErrExists = errors.New("key exists")
	// ErrRole: a good key of the same name has another role. Who a name stands for
	// would not be clear.
	ErrRole = errors.New("the name belongs to a key of another role")
	// ErrWorkerID: a good key of another name has one of the worker ids.
	ErrWorkerID = errors.New("a worker id belongs to a key of another name")
	// ErrUnavailable: the store cannot be asked at the moment; nothing changed.
	ErrUnavailable = errors.New("key store unavailable")
)

// Store keeps keys. Other processes may change what it keeps at any time. Every method
// is safe for concurrent use; a change is on stable storage when its method returns
// nil. What the methods must do is spelled out by the suite in package authtest.
type Store interface {
	// Create stores a key that is new. [ErrExists], [ErrRole], [ErrWorkerID].
	Create(ctx context.Context, k Key) error

	// List returns all keys, revoked ones too, oldest first. Times are UTC, of
	// microseconds; worker ids are in order.
	List(ctx context.Context) ([]Key, error)

	// Revoke ends keys. What is not there or has ended before stays as it is.
	Revoke(ctx context.Context, at time.Time, ids ...string) error

	// Used notes when keys were used last, in one write. A use that is earlier than
	// the one known changes nothing, nor does one of a key that is not there.
	Used(ctx context.Context, at map[string]time.Time) error
}

// Secrets keeps what servers over one store share and nobody else may know. It is safe
// for concurrent use; what the method must do is spelled out by the suite in package
// authtest.
type Secrets interface {
	// Secret returns the secret of that name. If there is none yet, offered becomes it:
	// of several that are offered at the same time one does, and every caller gets that.
	// It is on stable storage when the method returns.
	Secret(ctx context.Context, name string, offered []byte) ([]byte, error)
}
