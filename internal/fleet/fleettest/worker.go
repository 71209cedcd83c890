package fleettest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"morag/internal/fleet"
)

func worker(t *testing.T, open func(t *testing.T) *bench) {
	t.Run("every field is kept", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		w := fleet.Worker{
			ID: "wörker <1>", Key: "gpu", Types: []string{"audio", "x-ray_2"}, Version: "morag/1 \"beta\"", Drained: true,
			Done: 3, Failed: 4, Failing: []string{"job-1", "job-2"}, Unconfirmed: 2,
			SetAside: b.Now().Add(time.Hour), Penalty: 10 * time.Minute,
		}
		b.add(w, fleet.Worker{ID: "bare"})
		w.LastSeen = b.Now()
		b.want(w)
		b.want(fleet.Worker{ID: "bare", LastSeen: b.Now()})
		if err := b.Add(t.Context(), fleet.Worker{ID: w.ID}); !errors.Is(err, fleet.ErrExists) {
			t.Errorf("added twice: %v, want ErrExists", err)
		}
		b.want(w)
	})
	t.Run("only those that are known are found", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		b.add(fleet.Worker{ID: "a"}, fleet.Worker{ID: "b"}, fleet.Worker{ID: "c"})
		found, _, err := b.Find(t.Context(), "a", "c", "nobody", "a")
		if err != nil || len(found) != 2 || found["a"].ID != "a" || found["c"].ID != "c" {
			t.Errorf("found %v, %v; want a and c", found, err)
		}
		if found, _, err := b.Find(t.Context()); err != nil || len(found) != 0 {
			t.Errorf("found %v, %v of none", found, err)
		}
		_, err = b.Update(t.Context(), "nobody", drain)
		if !errors.Is(err, fleet.ErrNotFound) {
			t.Errorf("changed nobody: %v, want ErrNotFound", err)
		}
	})
	t.Run("a change is the rule's, at the store's time", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		b.add(fleet.Worker{ID: "a", Key: "k", Types: []string{"audio"}})
		seen := b.Now()
		b.Advance(time.Minute)
		got := b.update("a", func(w *fleet.Worker, now time.Time) {
			if !now.Equal(b.Now()) {
				t.Errorf("the rule is told %s, the store's time is %s", now, b.Now())
			}
			w.Drain()
			w.Observe(fleet.Failed, "job-1", now)
		})
		want := fleet.Worker{ID: "a", Key: "k", Types: []string{"audio"}, LastSeen: seen, Drained: true, Failed: 1, Failing: []string{"job-1"}}
		b.want(want)
		if got.ID != "a" || !got.Drained || got.Failed != 1 {
			t.Errorf("Update returned %+v", got)
		}
		b.update("a", setAside)
		want.SetAside, want.Penalty, want.Failing = b.Now().Add(5*time.Minute), 5*time.Minute, nil
		b.want(want)
		b.update("a", resume)
		b.want(fleet.Worker{ID: "a", Key: "k", Types: []string{"audio"}, LastSeen: seen, Failed: 1})
	})
}

func sighting(t *testing.T, open func(t *testing.T) *bench) {
	t.Run("the time grows, and what is not said stays", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		b.add(fleet.Worker{ID: "a", Types: []string{"audio"}, Version: "1"}, fleet.Worker{ID: "b"})
		b.Advance(time.Minute)
		b.see(fleet.Sighting{ID: "a", Ago: 10 * time.Second}, fleet.Sighting{ID: "nobody"})
		w := fleet.Worker{ID: "a", Types: []string{"audio"}, Version: "1", LastSeen: b.Now().Add(-10 * time.Second)}
		b.want(w)
		b.see(fleet.Sighting{ID: "a", Ago: 20 * time.Second, Types: []string{"video", "web"}, Version: "2"})
		w.Types, w.Version = []string{"video", "web"}, "2"
		b.want(w)
		b.want(fleet.Worker{ID: "b", LastSeen: b.Now().Add(-time.Minute)})
		if got := b.known(); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("listed %v, want the one seen last first", got)
		}
		b.see(fleet.Sighting{ID: "b"}, fleet.Sighting{ID: "a", Ago: time.Second})
		if got := b.known(); !slices.Equal(got, []string{"b", "a"}) {
			t.Errorf("listed %v, want the one seen last first", got)
		}
		b.see()
	})
	t.Run("a new one is added, as nobody's, while there is room", func(t *testing.T) {
		t.Parallel()
		b := open(t) // with room for six
		b.add(fleet.Worker{ID: "a", Key: "k"})
		b.Advance(time.Minute)
		b.see(fleet.Sighting{ID: "a", New: true}, fleet.Sighting{ID: "b", New: true, Ago: time.Second, Types: []string{"audio"}, Version: "1", Done: 1}, fleet.Sighting{ID: "c"})
		b.want(fleet.Worker{ID: "a", Key: "k", LastSeen: b.Now()})
		b.want(fleet.Worker{ID: "b", Types: []string{"audio"}, Version: "1", LastSeen: b.Now().Add(-time.Second), Done: 1})
		b.see(fleet.Sighting{ID: "d", New: true}, fleet.Sighting{ID: "e", New: true})
		b.see(fleet.Sighting{ID: "f", New: true}, fleet.Sighting{ID: "g", New: true}, fleet.Sighting{ID: "h", New: true}, fleet.Sighting{ID: "a", New: true})
		if n := len(b.known()); n != 6 {
			t.Errorf("%d are known, want six: %v", n, b.known())
		}
		if err := b.Add(t.Context(), fleet.Worker{ID: "x"}); !errors.Is(err, fleet.ErrFull) {
			t.Errorf("one more: %v, want ErrFull", err)
		}
	})
	t.Run("jobs that were done are counted, and forgive", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		b.add(fleet.Worker{ID: "a", Done: 1, Failing: []string{"x"}, Unconfirmed: 1, SetAside: b.Now(), Penalty: time.Minute})
		b.see(fleet.Sighting{ID: "a"})
		if !b.find("a").SetAside.Equal(b.Now()) {
			t.Error("to be seen has forgiven")
		}
		b.see(fleet.Sighting{ID: "a", Done: 2})
		b.want(fleet.Worker{ID: "a", LastSeen: b.Now(), Done: 3})
	})
}

func owner(t *testing.T, open func(t *testing.T) *bench) {
	t.Run("an id passes on only from whom it is thought to belong to", func(t *testing.T) {
		t.Parallel()
		b := open(t)
		b.add(fleet.Worker{ID: "a"})
		for _, step := range []struct {
			key, was string
			want     error
			owner    string
		}{
			{"one", "other", fleet.ErrTaken, ""},
			{"one", "", nil, "one"},
			{"two", "", fleet.ErrTaken, "one"},
			{"two", "one", nil, "two"},
			{"three", "one", fleet.ErrTaken, "two"},
		} {
			if err := b.Own(t.Context(), "a", step.key, step.was); !errors.Is(err, step.want) {
				t.Fatalf("to %s from %q: %v, want %v", step.key, step.was, err, step.want)
			}
			b.want(fleet.Worker{ID: "a", Key: step.owner, LastSeen: b.Now()})
		}
		if err := b.Own(t.Context(), "nobody", "one", ""); !errors.Is(err, fleet.ErrNotFound) {
			t.Errorf("nobody's: %v, want ErrNotFound", err)
		}
		b.update("a", drain) // keeps the owner
		b.want(fleet.Worker{ID: "a", Key: "two", LastSeen: b.Now(), Drained: true})
	})
}
