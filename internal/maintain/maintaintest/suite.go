// Package maintaintest is the conformance suite of maintain.Leases: what every store of
// leases must do.
//
// To add a store, write its adapter under internal/maintain and beside it a test that
// gives a [Place].
package maintaintest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"morag/internal/maintain"
)

// Place is where leases are kept, and what their time is. It stands still but for
// Advance.
type Place interface {
	// Open opens another store at the place, beside those that are open already, and lets
	// it go when the test ends.
	Open(t *testing.T) maintain.Leases
	Advance(d time.Duration)
}

// Run runs the suite. place makes an empty place.
func Run(t *testing.T, place func(t *testing.T) Place) {
	for name, test := range map[string]func(*bench){
		"one holder at a time":              oneHolder,
		"a lease ends with its time":        leaseEnds,
		"a lease is lengthened":             leaseIsKept,
		"what is done is due at its time":   dueAgain,
		"an epoch that has passed is lost":  passedEpoch,
		"the cursor is kept over holders":   cursorIsKept,
		"each duty has a lease of its own":  ownLeases,
		"the holder may begin anew":         beginsAnew,
		"of many at a time one gets a duty": oneOfMany,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := place(t)
			test(&bench{T: t, Place: p, a: p.Open(t), b: p.Open(t)})
		})
	}
}

// bench is two stores at one place, as two servers have them.
type bench struct {
	*testing.T
	Place
	a, b maintain.Leases
}

func (b *bench) take(s maintain.Leases, duty, holder string) (maintain.Lease, bool) {
	b.Helper()
	l, ok, err := s.Take(b.Context(), duty, holder, time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	return l, ok
}

// taken takes a duty that must be to be had.
func (b *bench) taken(s maintain.Leases, duty, holder string) maintain.Lease {
	b.Helper()
	l, ok := b.take(s, duty, holder)
	if !ok || l.Duty != duty {
		b.Fatalf("%s: %+v, %v; want the lease", holder, l, ok)
	}
	return l
}

func (b *bench) refused(when string, s maintain.Leases, duty, holder string) {
	b.Helper()
	if l, ok := b.take(s, duty, holder); ok {
		b.Errorf("%s %s got %+v", when, holder, l)
	}
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func oneHolder(b *bench) {
	b.taken(b.a, "x", "one")
	b.refused("while it is held,", b.b, "x", "two")
	b.refused("at the same store", b.a, "x", "two")
}

func leaseEnds(b *bench) {
	b.taken(b.a, "x", "one")
	b.Advance(time.Minute - time.Microsecond)
	b.refused("just before the end", b.b, "x", "two")
	b.Advance(time.Microsecond)
	b.taken(b.b, "x", "two")
}

func leaseIsKept(b *bench) {
	l := b.taken(b.a, "x", "one")
	b.Advance(50 * time.Second)
	b.must(b.b.Keep(b.Context(), l, time.Minute))
	b.Advance(50 * time.Second)
	b.refused("after it was kept", b.b, "x", "two")
	b.Advance(10 * time.Second)
	b.taken(b.b, "x", "two")
}

func dueAgain(b *bench) {
	l := b.taken(b.a, "x", "one")
	b.must(b.a.Done(b.Context(), l, time.Hour))
	b.Advance(time.Hour - time.Microsecond)
	b.refused("before its time", b.a, "x", "one")
	b.refused("before its time", b.b, "x", "two")
	b.Advance(time.Microsecond)
	l = b.taken(b.b, "x", "two")
	b.must(b.b.Done(b.Context(), l, 0))
	b.taken(b.a, "x", "one")
}

func passedEpoch(b *bench) {
	old := b.taken(b.a, "x", "one")
	b.Advance(time.Minute)
	// Late, but nobody has taken it: it is kept.
	b.must(b.a.Keep(b.Context(), old, time.Second))
	b.Advance(time.Second)
	newer := b.taken(b.b, "x", "two")
	if newer.Epoch <= old.Epoch {
		b.Errorf("epoch %d after %d", newer.Epoch, old.Epoch)
	}
	old.Cursor = "spoiled"
	for _, err := range []error{b.a.Keep(b.Context(), old, time.Minute), b.a.Done(b.Context(), old, 0)} {
		if !errors.Is(err, maintain.ErrLost) {
			b.Errorf("the former holder: %v, want ErrLost", err)
		}
	}
	b.must(b.b.Done(b.Context(), newer, 0))
	if err := b.b.Done(b.Context(), newer, 0); !errors.Is(err, maintain.ErrLost) {
		b.Errorf("done twice: %v, want ErrLost", err)
	}
	if l := b.taken(b.a, "x", "one"); l.Cursor != "" {
		b.Errorf("cursor %q, written by one that had lost the lease", l.Cursor)
	}
	if err := b.a.Keep(b.Context(), maintain.Lease{Duty: "never taken", Epoch: 1}, time.Minute); !errors.Is(err, maintain.ErrLost) {
		b.Errorf("a duty that nobody took: %v, want ErrLost", err)
	}
}

func cursorIsKept(b *bench) {
	l := b.taken(b.a, "x", "one")
	if l.Cursor != "" {
		b.Errorf("a new duty begins at %q", l.Cursor)
	}
	l.Cursor = "half"
	b.must(b.a.Keep(b.Context(), l, time.Minute))
	b.Advance(time.Minute)
	if l = b.taken(b.b, "x", "two"); l.Cursor != "half" {
		b.Errorf("the next holder goes on at %q", l.Cursor)
	}
	l.Cursor = "whole"
	b.must(b.b.Done(b.Context(), l, 0))
	if l = b.taken(b.a, "x", "one"); l.Cursor != "whole" {
		b.Errorf("the next round goes on at %q", l.Cursor)
	}
}

func ownLeases(b *bench) {
	x, y := b.taken(b.a, "x", "one"), b.taken(b.b, "y", "two")
	x.Cursor = "x"
	b.must(b.a.Done(b.Context(), x, time.Hour))
	b.must(b.b.Keep(b.Context(), y, time.Minute))
	b.refused("held by another,", b.a, "y", "one")
}

func beginsAnew(b *bench) {
	dead := b.taken(b.a, "x", "one")
	alive := b.taken(b.b, "x", "one")
	if err := b.a.Keep(b.Context(), dead, time.Minute); !errors.Is(err, maintain.ErrLost) {
		b.Errorf("the lease from before: %v, want ErrLost", err)
	}
	b.must(b.b.Keep(b.Context(), alive, time.Minute))
}

func oneOfMany(b *bench) {
	var got sync.Map
	var asked sync.WaitGroup
	for i := range 16 {
		asked.Go(func() {
			s := map[bool]maintain.Leases{true: b.a, false: b.b}[i%2 == 0]
			_, ok, err := s.Take(b.Context(), "x", fmt.Sprint(i), time.Minute)
			if err != nil {
				b.Error(err)
			}
			if ok {
				got.Store(i, true)
			}
		})
	}
	asked.Wait()
	holders := 0
	got.Range(func(any, any) bool { holders++; return true })
	if holders != 1 {
		b.Errorf("%d hold one duty", holders)
	}
}
