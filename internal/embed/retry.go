package embed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Policy says how often and how patiently to try again. Zero fields have defaults.
type Policy struct {
	Attempts int           // tries in all; 5
	Base     time.Duration // pause after the first failure, doubled after each further one; 1 s
	Max      time.Duration // longest pause; 30 s
	Batch    int           // texts tried at once, so that a failure repeats no more; 100
}

func (p Policy) withDefaults() Policy {
	return Policy{
		Attempts: cmp.Or(p.Attempts, 5),
		Base:     cmp.Or(p.Base, time.Second),
		Max:      cmp.Or(p.Max, 30*time.Second),
		Batch:    cmp.Or(p.Batch, 100),
	}
}

// Do calls f until it succeeds, fails for good (with anything but [ErrTransient]), the
// attempts are used up or ctx ends. It returns f's last error, or one that wraps
// ctx.Err() if ctx ended during a pause.
//
// A pause lies at random between half of the policy's and the whole, so that callers
// who failed together do not come back together. It is never shorter than the
// RetryAfter of a [TransientError]; if that is longer than the policy's Max, Do does
// not wait but returns the error at once, which tells the caller when to come back.
func (p Policy) Do(ctx context.Context, f func(context.Context) error) error {
	p = p.withDefaults()
	for attempt := 1; ; attempt++ {
		err := f(ctx)
		if err == nil || !errors.Is(err, ErrTransient) {
			return err
		}
		asked := retryAfter(err)
		if attempt >= p.Attempts || asked > p.Max {
			return fmt.Errorf("%w (tried %d×)", err, attempt)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, while waiting to try again after: %v", ctx.Err(), err)
		case <-time.After(max(asked, p.pause(attempt))):
		}
	}
}

// pause is what to wait after that many failures.
func (p Policy) pause(failures int) time.Duration {
	full := p.Base
	for range failures - 1 {
		if full >= p.Max/2 { // before it can overflow
			full = p.Max
			break
		}
		full *= 2
	}
	half := min(full, p.Max) / 2
	return half + rand.N(half+1)
}

func retryAfter(err error) time.Duration {
	if transient, ok := errors.AsType[*TransientError](err); ok {
		return transient.RetryAfter
	}
	return 0
}

// Retry is e with transient failures tried again as the policy says, each batch of
// texts on its own.
func Retry(e Embedder, policy Policy) Embedder {
	return &retrying{e, policy.withDefaults()}
}

type retrying struct {
	Embedder
	policy Policy
}

func (r *retrying) Embed(ctx context.Context, purpose Purpose, texts []string) ([][]float32, error) {
	vectors := make([][]float32, 0, len(texts))
	for batch := range slices.Chunk(texts, r.policy.Batch) {
		err := r.policy.Do(ctx, func(ctx context.Context) error {
			answer, err := r.Embedder.Embed(ctx, purpose, batch)
			if err == nil {
				vectors = append(vectors, answer...)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return vectors, nil
}
