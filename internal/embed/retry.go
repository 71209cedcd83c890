package embed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"morag/internal/backoff"
)

// Policy says how often and after what waits to try again. Zero fields have defaults.
type Policy struct {
	Attempts int           // tries in all; 5
	Base     time.Duration // wait after the first failure, doubled after each further one; 1 s
	Max      time.Duration // longest wait; 30 s
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
// ctx.Err() if ctx ended during a wait, which is that of [backoff.Policy]: never shorter
// than the RetryAfter of a [TransientError]. If that is longer than Max, Do does not wait
// but returns the error at once, which tells the caller when to come back.
func (p Policy) Do(ctx context.Context, f func(context.Context) error) error {
	p = p.withDefaults()
	tries := 0
	err := backoff.Policy{Tries: p.Attempts, First: p.Base, Max: p.Max}.Retry(ctx, judge, func(ctx context.Context) error {
		tries++
		return f(ctx)
	})
	if errors.Is(err, ErrTransient) {
		return fmt.Errorf("%w (tried %d×)", err, tries)
	}
	return err
}

// judge is the judgement of [backoff.Policy.Retry].
func judge(err error) (transient bool, asked time.Duration) {
	if told, ok := errors.AsType[*TransientError](err); ok {
		asked = told.RetryAfter
	}
	return errors.Is(err, ErrTransient), asked
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
