package embed_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/embed"
	"morag/internal/embed/embedtest"
	"morag/internal/embed/hash"
)

// flaky fails the calls that fail names, counted from 1.
type flaky struct {
	embed.Embedder
	fail  func(call int) error
	calls atomic.Int32
}

func (f *flaky) Embed(ctx context.Context, purpose embed.Purpose, texts []string) ([][]float32, error) {
	if err := f.fail(int(f.calls.Add(1))); err != nil {
		return nil, err
	}
	return f.Embedder.Embed(ctx, purpose, texts)
}

func transient(after time.Duration) error {
	return fmt.Errorf("ask: %w", &embed.TransientError{Cause: errors.New("busy"), RetryAfter: after})
}

func TestRetryIsAnEmbedder(t *testing.T) {
	t.Parallel()
	embedtest.Run(t, func(*testing.T) embed.Embedder {
		everySecond := func(call int) error {
			if call%2 == 1 {
				return transient(0)
			}
			return nil
		}
		// Concurrent callers may by chance meet only failures; 50 times in a row they do not.
		return embed.Retry(&flaky{Embedder: hash.New(64), fail: everySecond}, embed.Policy{Attempts: 50, Base: time.Microsecond})
	})
}

func TestRetryPauses(t *testing.T) {
	t.Parallel()
	policy := embed.Policy{Attempts: 6, Base: time.Second, Max: 5 * time.Second}
	synctest.Test(t, func(t *testing.T) {
		for range 20 { // pauses are random
			var times []time.Time
			err := policy.Do(t.Context(), func(context.Context) error {
				times = append(times, time.Now())
				return transient(0)
			})
			if !errors.Is(err, embed.ErrTransient) || len(times) != 6 {
				t.Fatalf("after %d tries: %v", len(times), err)
			}
			for i, full := range []time.Duration{1, 2, 4, 5, 5} {
				full *= time.Second
				if pause := times[i+1].Sub(times[i]); pause < full/2 || pause > full {
					t.Errorf("pause %d is %v, want %v to %v", i, pause, full/2, full)
				}
			}
		}
	})
}

func TestRetryDefaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, tries := time.Now(), 0
		embed.Policy{}.Do(t.Context(), func(context.Context) error { tries++; return transient(0) })
		if took := time.Since(start); tries != 5 || took < 7500*time.Millisecond || took > 15*time.Second {
			t.Errorf("%d tries in %v", tries, took)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, tries := time.Now(), 0
		err := embed.Policy{Base: time.Second, Max: time.Minute}.Do(t.Context(), func(context.Context) error {
			if tries++; tries == 1 {
				return transient(42 * time.Second)
			}
			return nil
		})
		if took := time.Since(start); err != nil || took != 42*time.Second {
			t.Errorf("took %v, error %v", took, err)
		}
	})
}

func TestRetryAfterBeyondThePolicyIsLeftToTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, tries := time.Now(), 0
		err := embed.Policy{Max: time.Minute}.Do(t.Context(), func(context.Context) error {
			tries++
			return transient(time.Hour)
		})
		told, ok := errors.AsType[*embed.TransientError](err)
		if !ok || told.RetryAfter != time.Hour || tries != 1 || time.Since(start) != 0 {
			t.Errorf("%d tries in %v: %v", tries, time.Since(start), err)
		}
	})
}

func TestFinalErrorIsNotRetried(t *testing.T) {
	t.Parallel()
	for _, final := range []error{errors.New("bad key"), embed.ErrDimension, context.Canceled} {
		f := &flaky{Embedder: hash.New(8), fail: func(int) error { return final }}
		vectors, err := embed.Retry(f, embed.Policy{}).Embed(t.Context(), embed.Passage, []string{"a"})
		if err != final || vectors != nil || f.calls.Load() != 1 {
			t.Errorf("%v: %d calls, error %v", final, f.calls.Load(), err)
		}
	}
}

func TestContextEndsAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		err := embed.Policy{Base: time.Hour, Max: time.Hour}.Do(ctx, func(context.Context) error { return transient(0) })
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, embed.ErrTransient) || !strings.Contains(err.Error(), "busy") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestRetryRepeatsOnlyTheBatchThatFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		texts := strings.Fields(strings.Repeat("one two three four five ", 5))
		recorder := &recorder{Embedder: hash.New(64)}
		f := &flaky{Embedder: recorder, fail: func(call int) error {
			if call == 2 || call == 3 {
				return transient(0)
			}
			return nil
		}}
		vectors, err := embed.Retry(f, embed.Policy{Batch: 10}).Embed(t.Context(), embed.Query, texts)
		if err != nil || len(vectors) != 25 || f.calls.Load() != 5 {
			t.Fatalf("%d vectors after %d calls, error %v", len(vectors), f.calls.Load(), err)
		}
		if want := []int{10, 10, 5}; !slices.Equal(recorder.sizes, want) {
			t.Errorf("succeeded with %v texts, want %v", recorder.sizes, want)
		}
		if recorder.purpose != embed.Query {
			t.Error("the purpose was lost")
		}
	})
}

// recorder notes what calls it gets.
type recorder struct {
	embed.Embedder
	sizes   []int
	purpose embed.Purpose
}

func (r *recorder) Embed(ctx context.Context, purpose embed.Purpose, texts []string) ([][]float32, error) {
	r.sizes, r.purpose = append(r.sizes, len(texts)), purpose
	return r.Embedder.Embed(ctx, purpose, texts)
}
