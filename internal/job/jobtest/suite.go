package jobtest

import (
	"testing"
	"time"

	"morag/internal/job"
)

// Place is where the stores of one case keep their jobs, and the clock they go by,
// which the suite moves. Nothing else moves it.
type Place struct {
	// Open opens a store there. The suite closes it.
	Open func(p job.Policy) (job.Store, error)
	// Now is the stores' present time.
	Now func() time.Time
	// Advance lets time pass for every store. When it returns, they go by the new
	// time; what they do of themselves then may take a moment.
	Advance func(d time.Duration)
	// Jump sets the clock on the wall, back too.
	Jump func(d time.Duration)
}

// Subject is the store under test.
type Subject struct {
	// Place makes a place that holds nothing, for one case.
	Place func(t *testing.T) Place
	// Durable tells that Open finds what an earlier store at the same place has
	// acknowledged before it was closed.
	Durable bool
	// Locked is the error that a second Open returns while a store has the place open;
	// nil when any number may.
	Locked error
}

// Run runs the whole suite.
func Run(t *testing.T, s Subject) {
	groups := []struct {
		name string
		run  func(*testing.T, Subject)
	}{
		{"Table", table},
		{"Create", create},
		{"Claim", claim},
		{"Turn", turns},
		{"Reserved", reserved},
		{"Wake", wake},
		{"Due", due},
		{"Clock", jumps},
		{"Together", together},
		{"Result", result},
		{"List", list},
		{"Held", held},
		{"Over", over},
		{"Stats", stats},
		{"Changes", changes},
		{"Crowd", crowd},
		{"Model", model},
		{"Close", closing},
		{"Reopen", reopening},
		{"Import", importing},
		{"Two at one place", share},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			g.run(t, s)
		})
	}
}

// try runs one case, on a store of its own.
func try(t *testing.T, s Subject, name string, p job.Policy, run func(t *testing.T, b *bench)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		b := &bench{t: t, place: s.Place(t), policy: p.WithDefaults()}
		b.open()
		t.Cleanup(b.close)
		run(t, b)
	})
}
