package jobtest

import (
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/job"
)

// Options is what a case asks of the store it opens.
type Options struct {
	// Dir is an empty folder, or one that the same store has left. A store that
	// needs no folder may use it as the name of the place where it keeps its jobs.
	Dir    string
	Policy job.Policy // with its defaults filled in
	Now    func() time.Time
}

// Subject is the store under test.
type Subject struct {
	// Open opens the store at o.Dir. The suite closes it.
	Open func(t *testing.T, o Options) job.Store
	// Durable tells that Open finds what an earlier store at the same Dir has
	// acknowledged before it was closed.
	Durable bool
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
		{"Reserved", reserved},
		{"Wake", wake},
		{"Due", due},
		{"Clock", jumps},
		{"Result", result},
		{"List", list},
		{"Stats", stats},
		{"Crowd", crowd},
		{"Model", model},
		{"Close", closing},
		{"Reopen", reopening},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			g.run(t, s)
		})
	}
}

// try runs one case in its own bubble, on a store of its own.
func try(t *testing.T, s Subject, name string, p job.Policy, run func(t *testing.T, b *bench)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			clock := new(wall)
			b := &bench{t: t, subject: s, clock: clock, policy: p.WithDefaults(), dir: dir}
			b.open()
			t.Cleanup(b.close)
			run(t, b)
		})
	})
}
