// Package fleet is who there is: the workers that convert remote jobs, whose ids they
// are, which of them are given jobs, and since when there have been servers to be asked
// by them. It is pure: no database, no network, and the time is an argument. What a
// worker holds is not kept here: the job store knows.
package fleet

import (
	"slices"
	"time"
)

// Worker is what is known of one worker.
type Worker struct {
	ID string
	// Key is the name of the key that the id belongs to, "" while no key has used it.
	Key     string
	Types   []string // the content types it asked for last
	Version string   // of its program, as it said last
	// LastSeen may be late by [SightingEvery] and the time of a write.
	LastSeen time.Time
	Drained  bool // an operator wants it to get no more jobs
	Done     int  // jobs it has completed
	Failed   int  // error results it has sent

	Failing     []string // the distinct jobs that it has failed in a row, by id
	Unconfirmed int      // claims in a row that it never took up
	SetAside    time.Time
	Penalty     time.Duration // how long it was set aside last, 0 after a success
}

// The figures of the wire contract, section 1, rule 9.
const (
	failuresInRow = 5
	setAsideFirst = 5 * time.Minute
	setAsideMost  = time.Hour
)

// Limits bound what strangers' worker ids can take. The zero value of a field means the
// default.
type Limits struct {
	Workers int // in all: 100,000
	// PerKey is how many workers may belong to one key, 20,000; those that belong to
	// none share what there is.
	PerKey int
}

// WithDefaults fills what is zero.
func (l Limits) WithDefaults() Limits {
	if l.Workers == 0 {
		l.Workers = 100_000
	}
	if l.PerKey == 0 {
		l.PerKey = 20_000
	}
	return l
}

// Full tells whether there is no room for another worker of the key, of which there are
// ofKey, and whether it is the key's own share that is used up.
func (l Limits) Full(key string, all, ofKey int) (full, share bool) {
	share = key != "" && ofKey >= l.PerKey
	return share || all >= l.Workers, share
}

// SightingEvery is how often sightings are written, in one write for all workers.
const SightingEvery = 2 * time.Second

// MayWork tells whether the worker is given jobs now.
func (w *Worker) MayWork(now time.Time) bool { return !w.Drained && !w.SetAside.After(now) }

// Troubled tells whether a success would change more than the count: it ends a row of
// failures and what came of it.
func (w *Worker) Troubled() bool {
	return len(w.Failing) > 0 || w.Unconfirmed > 0 || w.Penalty > 0 || !w.SetAside.IsZero()
}

// Drain stops the worker from getting jobs.
func (w *Worker) Drain() { w.Drained = true }

// Resume gives the worker jobs again, whatever kept it from them.
func (w *Worker) Resume() {
	w.Drained = false
	w.forgive()
}

func (w *Worker) forgive() { w.Failing, w.Unconfirmed, w.SetAside, w.Penalty = nil, 0, time.Time{}, 0 }

// Outcome is what became of a job that a worker has held.
type Outcome int

const (
	// Succeeded: its result was taken.
	Succeeded Outcome = iota
	// Failed: it sent an error that another might not.
	Failed
	// Refused: it sent an error that any would send: the source is at fault.
	Refused
	// Unheard: it never showed that it has its claim's answer.
	Unheard
)

// Observe notes what became of a job. A worker that fails too many different jobs in a
// row, or leaves too many claims unheard, is set aside, each time for longer; a success
// clears that.
func (w *Worker) Observe(o Outcome, job string, now time.Time) {
	switch o {
	case Succeeded:
		w.Done++
		w.forgive()
	case Failed:
		w.Failed++
		if !slices.Contains(w.Failing, job) {
			w.Failing = append(slices.Clone(w.Failing), job)
		}
	case Refused:
		w.Failed++
	case Unheard:
		w.Unconfirmed++
	}
	if len(w.Failing) >= failuresInRow || w.Unconfirmed >= failuresInRow {
		w.Penalty = min(max(2*w.Penalty, setAsideFirst), setAsideMost)
		w.SetAside = now.Add(w.Penalty)
		w.Failing, w.Unconfirmed = nil, 0
	}
}

// Sighting is that a worker was seen, and what it said of itself.
type Sighting struct {
	ID      string
	Ago     time.Duration // before the write
	Types   []string      // nil when it did not say
	Version string        // "" when it did not say
	Done    int           // jobs it has completed since the last sighting that was written
	// New tells that the worker may not be known: then it is added, as nobody's, if there
	// is room.
	New bool
}

// See notes a sighting. What it says of an earlier moment than one that is known does
// not make the worker seem to have been silent since.
func (w *Worker) See(s Sighting, now time.Time) {
	if at := now.Add(-s.Ago); at.After(w.LastSeen) {
		w.LastSeen = at
	}
	if s.Types != nil {
		w.Types = s.Types
	}
	if s.Version != "" {
		w.Version = s.Version
	}
	if s.Done > 0 {
		w.Done += s.Done
		w.forgive()
	}
}

// Owner judges whether key may speak as the worker: [ErrTaken] when the id is another
// key's that may still work. give tells that the id is to be given to key first, by
// [Store.Own]. A caller without a key may always speak.
func (w *Worker) Owner(key string, mayWork func(key string) bool) (give bool, err error) {
	switch {
	case key == "" || key == w.Key:
		return false, nil
	case w.Key != "" && mayWork(w.Key):
		return false, ErrTaken
	}
	return true, nil
}
