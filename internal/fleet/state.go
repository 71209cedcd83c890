package fleet

import "time"

// State is what may be said of a worker at a moment, in one word.
type State string

// The states. A worker has the first of these that is true of it.
const (
	Drained  State = "drained"   // an operator wants it to get no more jobs
	SetAside State = "set_aside" // it gets no jobs for a while, since it has failed too often
	Silent   State = "silent"    // it was not seen for [SilentAfter]
	Active   State = "active"
)

// States are all of them.
func States() []State { return []State{Active, Silent, SetAside, Drained} }

// SilentAfter is how long a worker that lives is not seen at most: a poll waits a minute, and
// so does an original worker between two.
const SilentAfter = 3 * time.Minute

// State is the state of the worker.
func (w *Worker) State(now time.Time) State {
	switch {
	case w.Drained:
		return Drained
	case w.SetAside.After(now):
		return SetAside
	case now.Sub(w.LastSeen) >= SilentAfter:
		return Silent
	}
	return Active
}
