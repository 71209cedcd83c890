package ingest

import (
	"context"
	"sync"

	"morag/internal/task"
)

// runs are the runs of this process: how to stop each, and how far it is, which the
// next renewal of its lease tells the store.
type runs struct {
	mu sync.Mutex
	by map[string]*held // by the run's version
}

type held struct {
	task.Run
	cancel context.CancelCauseFunc
}

func newRuns() *runs { return &runs{by: map[string]*held{}} }

func (r *runs) add(run task.Run, cancel context.CancelCauseFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.by[run.Version()] = &held{Run: task.Run{TaskID: run.TaskID, Attempt: run.Attempt}, cancel: cancel}
}

func (r *runs) remove(run task.Run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.by, run.Version())
}

// progress says how far a run is; without a message there is nothing to say.
func (r *runs) progress(run task.Run, done float64, message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.by[run.Version()]; h != nil {
		h.Done, h.Message = done, message
	}
}

// all lists the runs with how far each is.
func (r *runs) all() []task.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]task.Run, 0, len(r.by))
	for _, h := range r.by {
		all = append(all, h.Run)
	}
	return all
}

// stop ends a run's context, if it is one of this process.
func (r *runs) stop(run task.Run, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.by[run.Version()]; h != nil {
		h.cancel(cause)
	}
}
