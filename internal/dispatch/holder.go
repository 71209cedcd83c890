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

// own gives a worker to the first key that uses its id, or to the next one when that key
// may not work any more. It is false when the worker is another key's. mu is held.
func (r *registry) own(w *worker, key string) bool {
	if key == "" || w.key == key {
		return true
	}
	if w.key != "" && r.goodKey(w.key) {
		return false
	}
	w.key = key
	return true
}

// speaksFor tells whether a key may speak as a worker. It makes no worker known.
func (r *registry) speaksFor(id, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.all[id]
	return w == nil || r.own(w, key)
}

// Disown gives the jobs back, uncounted, that are held by keys which may not work any
// more, as [Config.MayWork] tells.
func (s *Service) Disown(ctx context.Context) error {
	held, err := s.store.Held(ctx, "")
	errs := []error{err}
	for _, j := range held {
		if j.ClaimedBy == "" || s.workers.goodKey(j.ClaimedBy) {
			continue
		}
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
