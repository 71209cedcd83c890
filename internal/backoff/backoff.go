// Package backoff is how the program waits before it tries again what may succeed later:
// longer after every failure, at random, so that those who failed together do not come
// back together, and never shorter than the other side has asked for.
package backoff

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Policy says how often something is tried and how long to wait between.
type Policy struct {
	Tries int           // in all; 0 is 1
	First time.Duration // the wait after the first failure; it doubles with each further one
	Max   time.Duration // the longest wait of our own
	// MaxAsked is the longest wait that the other side may ask for; 0 is Max. Who asks for
	// more is not waited for: the caller decides when to come back.
	MaxAsked time.Duration
}

// Wait is the wait after that many failures in a row, from 1: at random between half of
// the policy's and the whole.
func (p Policy) Wait(failures int) time.Duration {
	full := p.First
	for range failures - 1 {
		if full >= p.Max/2 { // before it can overflow
			full = p.Max
			break
		}
		full *= 2
	}
	return Jitter(min(full, p.Max))
}

// Jitter is between half of d and d.
func Jitter(d time.Duration) time.Duration {
	if d < 2 {
		return d
	}
	return d/2 + rand.N(d/2+1)
}

// Retry calls try until it succeeds, fails for good, the tries are used up or ctx ends.
// judge tells of a failure whether it is transient, and how long the other side asks to
// be left alone. The error is try's last one as it is, or one that wraps ctx.Err() when
// ctx ended before or during a wait.
func (p Policy) Retry(ctx context.Context, judge func(error) (transient bool, asked time.Duration), try func(context.Context) error) error {
	for failures := 1; ; failures++ {
		err := try(ctx)
		if err == nil {
			return nil
		}
		transient, asked := judge(err)
		if !transient || failures >= p.Tries || asked > max(p.Max, p.MaxAsked) {
			return err
		}
		if stopped := Sleep(ctx, max(asked, p.Wait(failures))); stopped != nil {
			return fmt.Errorf("%w, while waiting to try again after: %v", stopped, err)
		}
	}
}

// Sleep waits; the error is ctx's when that ends first.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Series is the waits of one endeavour that has no end of its own.
type Series struct {
	Policy   Policy
	failures int
}

// Next is the wait after one more failure.
func (s *Series) Next() time.Duration {
	s.failures++
	return s.Policy.Wait(s.failures)
}

// Reset begins anew after a success.
func (s *Series) Reset() { s.failures = 0 }
