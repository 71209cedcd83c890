package fleettest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"morag/internal/fleet"
)

// crowd is about many callers at once.
func crowd(t *testing.T, open func(t *testing.T) *bench) {
	t.Run("every change counts", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		everyChangeCounts(t, b, b)
	})
	t.Run("an id is given away once", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		givenOnce(t, b, b)
	})
}

// share is about two stores that are open at one place, as those of two servers are.
func share(t *testing.T, open func(t *testing.T) *bench) {
	pair := func(t *testing.T) (one, two *bench) {
		one = open(t)
		return one, &bench{t: t, Place: one.Place, Store: one.Place.Open(fleet.Limits{Workers: 6, PerKey: 3})}
	}
	t.Run("each sees what the other has done", func(t *testing.T) {
		t.Parallel()
		one, two := pair(t)
		one.add(fleet.Worker{ID: "a", Key: "k", Types: []string{"audio"}})
		if err := two.Add(t.Context(), fleet.Worker{ID: "a"}); !errors.Is(err, fleet.ErrExists) {
			t.Errorf("added at both: %v, want ErrExists", err)
		}
		two.update("a", drain)
		one.want(fleet.Worker{ID: "a", Key: "k", Types: []string{"audio"}, LastSeen: one.Now(), Drained: true})
		one.update("a", resume)
		one.Advance(time.Minute)
		one.see(fleet.Sighting{ID: "a", Done: 1})
		if there, err := two.Any(t.Context(), fleet.Filter{ContentType: "audio", Within: time.Second, Working: true}); err != nil || !there {
			t.Errorf("the other does not know who was seen: %v", err)
		}
		for i, b := range []*bench{one, two, one, two} { // on distinct jobs, counted across
			b.update("a", func(w *fleet.Worker, now time.Time) { w.Observe(fleet.Failed, fmt.Sprint(i), now) })
		}
		if w := two.update("a", func(w *fleet.Worker, now time.Time) { w.Observe(fleet.Failed, "last", now) }); w.MayWork(two.Now()) {
			t.Error("five failures at two servers did not set the worker aside")
		}
	})
	t.Run("every change counts", func(t *testing.T) {
		t.Parallel()
		one, two := pair(t)
		everyChangeCounts(t, one, two)
	})
	t.Run("an id is given away once", func(t *testing.T) {
		t.Parallel()
		one, two := pair(t)
		givenOnce(t, one, two)
	})
	t.Run("either keeps the time of both", func(t *testing.T) {
		t.Parallel()
		one, two := pair(t)
		if err := errors.Join(one.Start(t.Context(), "one"), two.Start(t.Context(), "two")); err != nil {
			t.Fatal(err)
		}
		since := one.Now()
		for range 10 {
			one.Advance(fleet.Gap - time.Second)
			if err := two.Beat(t.Context(), "two"); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := one.UpSince(t.Context()); err != nil || !got.Equal(since) {
			t.Errorf("servers have been there since %s, %v; want %s", got, err, since)
		}
	})
}

func everyChangeCounts(t *testing.T, stores ...*bench) {
	const callers, changes = 8, 20
	stores[0].add(fleet.Worker{ID: "a"})
	var calling sync.WaitGroup
	for c := range callers {
		b := stores[c%len(stores)]
		calling.Go(func() {
			for range changes {
				if _, err := b.Update(t.Context(), "a", func(w *fleet.Worker, _ time.Time) { w.Failed++ }); err != nil {
					t.Errorf("Update: %v", err)
				}
				if err := b.See(t.Context(), []fleet.Sighting{{ID: "a", Done: 1}}); err != nil {
					t.Errorf("See: %v", err)
				}
			}
		})
	}
	calling.Wait()
	if w := stores[0].find("a"); w.Failed != callers*changes || w.Done != callers*changes {
		t.Errorf("%d failed and %d done, want %d each", w.Failed, w.Done, callers*changes)
	}
}

func givenOnce(t *testing.T, stores ...*bench) {
	for round := range 5 {
		id := fmt.Sprint("w", round)
		race(t, stores, func(b *bench, caller string) error { return b.Add(t.Context(), fleet.Worker{ID: id}) }, fleet.ErrExists)
		winner := race(t, stores, func(b *bench, caller string) error { return b.Own(t.Context(), id, caller, "") }, fleet.ErrTaken)
		for _, b := range stores {
			if w := b.find(id); w.Key != winner {
				t.Errorf("%s belongs to %q, was given to %q", id, w.Key, winner)
			}
		}
	}
}

// race lets callers do the same at once, of whom one must succeed, and names that one.
func race(t *testing.T, stores []*bench, do func(b *bench, caller string) error, others error) (winner string) {
	t.Helper()
	errs := make([]error, 8)
	var calling sync.WaitGroup
	for c := range errs {
		calling.Go(func() { errs[c] = do(stores[c%len(stores)], fmt.Sprint("key-", c)) })
	}
	calling.Wait()
	for c, err := range errs {
		switch {
		case err == nil && winner != "":
			t.Errorf("%s and key-%d have both succeeded", winner, c)
		case err == nil:
			winner = fmt.Sprint("key-", c)
		case !errors.Is(err, others):
			t.Errorf("key-%d: %v, want %v", c, err, others)
		}
	}
	if winner == "" {
		t.Error("nobody has succeeded")
	}
	return winner
}
