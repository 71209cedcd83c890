package maintain

import (
	"context"
	"errors"
	"time"
)

// ErrLost: the duty was given to another holder, or once more, since.
var ErrLost = errors.New("the lease of the duty has passed")

// Lease is the right to do a duty, until it is lost.
type Lease struct {
	Duty string
	// Epoch grows each time the duty is given; what an earlier one wants is refused.
	Epoch int64
	// Cursor is how far the duty is, kept over holders.
	Cursor string
}

// Leases gives each duty to one holder at a time. Any number of servers share them. The
// time is the store's. Every method is safe for concurrent use; a change is on stable
// storage when its method returns nil. What the methods must do is spelled out by the
// suite in package maintaintest.
type Leases interface {
	// Take gives the duty to holder for ttl. ok is false when it is not due, or another
	// holds it. A holder that takes it again has lost what it held: it is taken to have
	// died meanwhile.
	Take(ctx context.Context, duty, holder string, ttl time.Duration) (l Lease, ok bool, err error)

	// Keep lengthens the lease and keeps its cursor. [ErrLost].
	Keep(ctx context.Context, l Lease, ttl time.Duration) error

	// Done ends the lease and keeps its cursor; the duty is due again when wait has
	// passed. [ErrLost].
	Done(ctx context.Context, l Lease, wait time.Duration) error
}
