package worker

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is the wait between tries that fail: 1 s doubling to a minute, of which
// the upper half is random so that workers that lost one server together do not all
// return to it together.
type backoff struct{ failures int }

const maxBackoff = time.Minute

func (b *backoff) next() time.Duration {
	full := min(time.Second<<min(b.failures, 10), maxBackoff)
	b.failures++
	return jitter(full)
}

func (b *backoff) reset() { b.failures = 0 }

// jitter is between half of d and d.
func jitter(d time.Duration) time.Duration {
	if d < 2 {
		return d
	}
	return d/2 + rand.N(d/2)
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
