package jobtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"morag/internal/job"
)

// closing is about the end of a store.
func closing(t *testing.T, s Subject) {
	try(t, s, "afterwards every call is refused", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.bring("b", job.Cancelled)
		hints := b.store.Wake(t.Context())
		store, ctx := b.store, context.Background()
		b.close()
		_, create := store.Create(ctx, spec("c"))
		_, get := store.Get(ctx, "a")
		_, result := store.Result(ctx, "a")
		_, claim := store.Claim(ctx, job.Claimant{WorkerID: "w1"}, []string{"audio"}, 1)
		_, update := store.Update(ctx, "a", job.Change{Event: job.Cancel})
		_, alive := store.Alive(ctx, "a", job.Beat{})
		_, _, due := store.Due(ctx, 1)
		_, _, list := store.List(ctx, job.Filter{})
		remove := store.Delete(ctx, "b")
		_, stats := store.Stats(ctx)
		_, pending := store.Pending(ctx, "")
		_, held := store.Held(ctx, "")
		_, _, over := store.Over(ctx, 0, "", 1)
		for call, err := range map[string]error{
			"Create": create, "Get": get, "Result": result, "Claim": claim, "Update": update, "Alive": alive,
			"Due": due, "List": list, "Delete": remove, "Stats": stats,
			"Pending": pending, "Held": held, "Over": over,
		} {
			if !errors.Is(err, job.ErrUnavailable) {
				t.Errorf("%s: error %v, want ErrUnavailable", call, err)
			}
		}
		ended(t, hints)
		ended(t, store.Wake(ctx))
		if err := store.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
	try(t, s, "in the midst of calls", job.Policy{}, func(t *testing.T, b *bench) {
		store := b.store
		var calling sync.WaitGroup
		for c := range 8 {
			calling.Go(func() {
				for i := 0; ; i++ {
					_, err := store.Create(context.Background(), spec(numbered("j", c*100_000+i)))
					if errors.Is(err, job.ErrUnavailable) {
						return
					}
					if err != nil {
						t.Errorf("Create while closing: %v", err)
						return
					}
				}
			})
		}
		b.close()
		calling.Wait()
	})
}

// ended waits for the end of a channel of hints, whatever hints are still in it.
func ended(t *testing.T, hints <-chan job.Hint) {
	t.Helper()
	late := time.After(timeout)
	for {
		select {
		case _, open := <-hints:
			if !open {
				return
			}
		case <-late:
			t.Fatal("Wake is not closed")
		}
	}
}
