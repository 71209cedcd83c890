// Package fleettest is the conformance suite of fleet.Store: what every store of workers
// must do, wherever it keeps them.
//
// To add a store, write its adapter under internal/fleet and beside it a test:
//
//	func TestStore(t *testing.T) {
//		fleettest.Run(t, func(t *testing.T) fleettest.Place {
//			clock, path := fleettest.NewClock(), filepath.Join(t.TempDir(), "db")
//			return fleettest.Place{
//				Open: func(l fleet.Limits) fleet.Store { return open(t, path, l, clock.Now) },
//				Now:  clock.Now, Advance: clock.Advance,
//			}
//		})
//	}
package fleettest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/fleet"
)

// Place is where the stores of one case keep their workers, and the clock they go by.
// Nothing but the suite moves it.
type Place struct {
	// Open opens a store there; any number may be open at once. It ends with the test.
	Open    func(fleet.Limits) fleet.Store
	Now     func() time.Time
	Advance func(time.Duration)
}

// Clock is a clock that stands still until it is moved. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock makes a clock.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 5, 1, 12, 0, 0, 123456000, time.UTC)} }

// Now is the present time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Run runs the suite. place makes an empty place.
func Run(t *testing.T, place func(t *testing.T) Place) {
	for _, group := range []struct {
		name string
		run  func(*testing.T, func(t *testing.T) *bench)
	}{
		{"Worker", worker}, {"Sighting", sighting}, {"Owner", owner}, {"Limit", limit},
		{"List", list}, {"Any", anyOf}, {"Count", count}, {"Wake", wake}, {"Server", server}, {"Crowd", crowd},
		{"Two at one place", share},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			group.run(t, func(t *testing.T) *bench {
				p := place(t)
				return &bench{t: t, Place: p, Store: p.Open(fleet.Limits{Workers: 6, PerKey: 3})}
			})
		})
	}
}

// bench is what a case works with: a store and steps that must not fail.
type bench struct {
	Place
	fleet.Store
	t *testing.T
}

func (b *bench) add(workers ...fleet.Worker) {
	b.t.Helper()
	for _, w := range workers {
		if err := b.Add(b.t.Context(), w); err != nil {
			b.t.Fatalf("Add %s: %v", w.ID, err)
		}
	}
}

func (b *bench) find(id string) fleet.Worker {
	b.t.Helper()
	found, now, err := b.Find(b.t.Context(), id)
	if err != nil || len(found) != 1 || !now.Equal(b.Now()) {
		b.t.Fatalf("Find %s: %v at %s, %v", id, found, now, err)
	}
	return found[id]
}

func (b *bench) update(id string, rule func(w *fleet.Worker, now time.Time)) fleet.Worker {
	b.t.Helper()
	w, err := b.Update(b.t.Context(), id, rule)
	if err != nil {
		b.t.Fatalf("Update %s: %v", id, err)
	}
	return w
}

func (b *bench) see(sightings ...fleet.Sighting) {
	b.t.Helper()
	if err := b.See(b.t.Context(), sightings); err != nil {
		b.t.Fatalf("See: %v", err)
	}
}

// want compares a worker, as it is found and listed, with what it should be.
func (b *bench) want(want fleet.Worker) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.find(want.ID)); diff != "" {
		b.t.Fatalf("worker %s (-want +got):\n%s", want.ID, diff)
	}
	all, _, err := b.List(b.t.Context(), fleet.Page{})
	if err != nil {
		b.t.Fatalf("List: %v", err)
	}
	for _, w := range all {
		if w.ID == want.ID {
			if diff := cmp.Diff(want, w); diff != "" {
				b.t.Fatalf("worker %s as listed (-want +got):\n%s", want.ID, diff)
			}
			return
		}
	}
	b.t.Fatalf("worker %s is not listed", want.ID)
}

// known are the ids of all workers, the one seen last first.
func (b *bench) known() []string {
	b.t.Helper()
	all, _, err := b.List(b.t.Context(), fleet.Page{})
	if err != nil {
		b.t.Fatalf("List: %v", err)
	}
	ids := []string{}
	for _, w := range all {
		ids = append(ids, w.ID)
	}
	return ids
}

func drain(w *fleet.Worker, _ time.Time)  { w.Drain() }
func resume(w *fleet.Worker, _ time.Time) { w.Resume() }

// setAside sets a worker aside.
func setAside(w *fleet.Worker, now time.Time) {
	for range 5 {
		w.Observe(fleet.Unheard, "", now)
	}
}
