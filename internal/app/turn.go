package app

import (
	"context"
	"errors"
	"time"

	"morag/internal/maintain"
	"morag/internal/reindex"
)

// turnTime is how long a server may be silent in its turn before another takes it, longer than
// a batch of texts takes to be embedded.
const turnTime = 2 * time.Minute

// dutyTurn is a [reindex.Turn] of servers that share a store, by the lease of a duty.
type dutyTurn struct {
	leases       maintain.Leases
	duty, holder string
}

// turn is that of a duty, nil where there is one server.
func (s *stores) turn(duty string) reindex.Turn {
	if !s.shared {
		return nil
	}
	return dutyTurn{s.duties, duty, s.name}
}

// Take implements [reindex.Turn].
func (d dutyTurn) Take(ctx context.Context) (keep func(context.Context) error, done func(), ok bool, err error) {
	lease, ok, err := d.leases.Take(ctx, d.duty, d.holder, turnTime)
	if err != nil || !ok {
		return nil, nil, false, err
	}
	kept := time.Now()
	keep = func(ctx context.Context) error {
		if time.Since(kept) < turnTime/8 {
			return nil
		}
		kept = time.Now()
		err := d.leases.Keep(ctx, lease, turnTime)
		if errors.Is(err, maintain.ErrLost) {
			err = reindex.ErrOvertaken
		}
		return err
	}
	done = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = d.leases.Done(ctx, lease, 0) // else it ends by itself
	}
	return keep, done, true, nil
}
