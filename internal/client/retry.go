package client

import (
	"context"
	"math/rand/v2"
	"time"
)

// maxRetryAfter is the longest wait a server may ask of a call that repeats itself;
// beyond it the caller decides.
const maxRetryAfter = time.Minute

// repeat runs op until it succeeds, fails for good, or has used up its tries.
func (c *Client) repeat(ctx context.Context, r *request, op func() error) error {
	for n := 0; ; n++ {
		err := op()
		if err == nil || r.once || n >= c.retries || !IsTemporary(err) || RetryAfter(err) > maxRetryAfter {
			return err
		}
		if sleep(ctx, max(pause(n), RetryAfter(err))) != nil {
			return err
		}
	}
}

// pause is the wait after failure number n, from 0: 0.25 s doubling to 8 s, of which
// the upper half is random so that many clients do not return together.
func pause(n int) time.Duration {
	full := 250 * time.Millisecond << min(n, 5)
	return full/2 + rand.N(full/2)
}

// sleep waits; the error is ctx's.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
