package dispatch

import (
	"context"
	"errors"

	"morag/internal/job"
)

// ErrWorkerTaken: the worker's id belongs to another key.
var ErrWorkerTaken = errors.New("worker_id belongs to another key")

// Holder is who says to hold a job. What it does not say is empty, and not checked.
type Holder struct {
	Key      string // the name of its key
	WorkerID string
	Attempt  int
}

// own gives the worker to the first key that uses its id, and is false when it is
// another's. The registry's mu is held.
func (w *worker) own(key string) bool {
	if w.key == "" {
		w.key = key
	}
	return key == "" || w.key == key
}

// own tells whether a key may speak as a worker. It makes no worker known.
func (r *registry) own(id, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.all[id]
	return w == nil || w.own(key)
}

// disown lets other keys have the ids of workers whose own key may not work any more.
func (r *registry) disown(mayWork func(key string) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.all {
		if w.key != "" && !mayWork(w.key) {
			w.key = ""
		}
	}
}

// Disown gives the jobs back, uncounted, that are held by keys which may not work any
// more, and frees the ids of their workers.
func (s *Service) Disown(ctx context.Context, mayWork func(key string) bool) error {
	s.workers.disown(mayWork)
	var held []*job.Job
	err := s.each(ctx, job.Processing, func(j *job.Job) bool {
		if j.ClaimedBy != "" && !mayWork(j.ClaimedBy) {
			held = append(held, j)
		}
		return true
	})
	errs := []error{err}
	for _, j := range held {
		_, _, err := s.update(ctx, j.ID, job.Change{Event: job.Release, Attempt: j.Attempt})
		if !errors.Is(err, job.ErrConflict) && !errors.Is(err, job.ErrLeaseLost) && !errors.Is(err, job.ErrNotFound) {
			errs = append(errs, err) // else it is not held any more
		}
	}
	return errors.Join(errs...)
}

// Polls tells whether a worker of the key converts the type.
func (s *Service) Polls(key, contentType string) bool {
	return s.workers.polls(key, contentType)
}
