package client

import (
	"context"
	"time"

	"morag/internal/backoff"
)

// maxRetryAfter is the longest wait a server may ask of a call that repeats itself;
// beyond it the caller decides.
const maxRetryAfter = time.Minute

// policy is how a call is repeated that may be.
func (c *Client) policy() backoff.Policy {
	return backoff.Policy{Tries: max(c.retries, 0) + 1, First: 250 * time.Millisecond, Max: 8 * time.Second, MaxAsked: maxRetryAfter}
}

// repeat runs op until it succeeds, fails for good, or has used up its tries.
func (c *Client) repeat(ctx context.Context, r *request, op func() error) error {
	judge := func(err error) (bool, time.Duration) { return IsTemporary(err) && !r.once, RetryAfter(err) }
	return c.policy().Retry(ctx, judge, func(context.Context) error { return op() })
}
