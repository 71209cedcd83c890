package dispatch

import (
	"context"
	"slices"
	"time"

	"morag/internal/fleet"
)

// Worker is a worker with the jobs that it holds.
type Worker struct {
	fleet.Worker
	InHand []string // ids of the jobs
	// Revoked tells that its key may not work any more: it gets no jobs unless another key
	// takes its id up.
	Revoked bool
}

// ErrNoWorker: no worker of that name is known.
var ErrNoWorker = fleet.ErrNotFound

// ErrWorkerCursor: not a cursor that [Service.Workers] has returned.
var ErrWorkerCursor = fleet.ErrCursor

// Workers lists a page of the workers that any server knows, the one seen last first, and
// the cursor of the next page, "" at the end. [ErrWorkerCursor].
func (s *Service) Workers(ctx context.Context, p fleet.Page) (workers []Worker, next string, err error) {
	s.writeSightings(ctx)
	known, next, err := s.fleet.List(ctx, p)
	if err != nil {
		return nil, "", err
	}
	inHand, err := s.inHand(ctx)
	if err != nil {
		return nil, "", err
	}
	workers, gone := make([]Worker, len(known)), map[string]bool{}
	for i, w := range known {
		over, asked := gone[w.Key]
		if !asked {
			over = s.gone(w)
			gone[w.Key] = over
		}
		workers[i] = Worker{Worker: w, InHand: inHand[w.ID], Revoked: over}
	}
	return workers, next, nil
}

// Worker returns one worker. [ErrNoWorker].
func (s *Service) Worker(ctx context.Context, id string) (Worker, error) {
	s.writeSightings(ctx)
	found, _, err := s.fleet.Find(ctx, id)
	if err != nil {
		return Worker{}, err
	}
	w, known := found[id]
	if !known {
		return Worker{}, ErrNoWorker
	}
	inHand, err := s.inHand(ctx)
	return Worker{Worker: w, InHand: inHand[id], Revoked: s.gone(w)}, err
}

// gone tells whether the key of a worker may not work any more.
func (s *Service) gone(w fleet.Worker) bool { return w.Key != "" && !s.mayWork(w.Key) }

// inHand are the ids of the jobs in work, sorted, by worker. None is an empty list.
func (s *Service) inHand(ctx context.Context) (map[string][]string, error) {
	held, err := s.store.Held(ctx, "")
	if err != nil {
		return nil, err
	}
	inHand := map[string][]string{}
	for _, h := range held {
		inHand[h.WorkerID] = append(inHand[h.WorkerID], h.ID)
	}
	for _, jobs := range inHand {
		slices.Sort(jobs)
	}
	return inHand, nil
}

// CountWorkers tells how many workers there are of each state, and how many hold a job.
func (s *Service) CountWorkers(ctx context.Context) (of map[fleet.State]int, busy int, err error) {
	s.writeSightings(ctx)
	if of, err = s.fleet.Count(ctx); err != nil {
		return nil, 0, err
	}
	inHand, err := s.inHand(ctx)
	return of, len(inHand), err
}

// Drain stops handing jobs to a worker, at every server and over restarts; what it holds
// it may finish. [ErrNoWorker].
func (s *Service) Drain(ctx context.Context, id string) error {
	s.writeSightings(ctx)
	_, err := s.fleet.Update(ctx, id, func(w *fleet.Worker, _ time.Time) { w.Drain() })
	if err == nil {
		s.log.Info("worker drained", "worker_id", id)
	}
	return err
}

// Resume hands jobs to a drained worker, or one that is set aside, again.
// [ErrNoWorker].
func (s *Service) Resume(ctx context.Context, id string) error {
	s.writeSightings(ctx)
	_, err := s.fleet.Update(ctx, id, func(w *fleet.Worker, _ time.Time) { w.Resume() })
	if err == nil {
		s.log.Info("worker resumed", "worker_id", id)
	}
	return err
}

// Polls tells whether a worker of the key converts the type.
func (s *Service) Polls(ctx context.Context, key, contentType string) (bool, error) {
	s.writeSightings(ctx)
	return s.fleet.Any(ctx, fleet.Filter{Key: key, ContentType: contentType})
}

// Available tells whether a worker that converts the type was seen by any server within
// the last while, or is busy with a job of the type, and is neither drained nor set
// aside. The while may be longer by [fleet.SightingEvery].
func (s *Service) Available(ctx context.Context, contentType string, within time.Duration) (bool, error) {
	// Another server may have seen a worker and not have said so yet.
	seen := fleet.Filter{ContentType: contentType, Within: within + fleet.SightingEvery, Working: true}
	if there, err := s.fleet.Any(ctx, seen); err != nil || there {
		return there, err
	}
	held, err := s.store.Held(ctx, contentType)
	if err != nil || len(held) == 0 {
		return false, err
	}
	ids := make([]string, len(held))
	for i, h := range held {
		ids[i] = h.WorkerID
	}
	found, now, err := s.fleet.Find(ctx, ids...)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if w, known := found[id]; !known || w.MayWork(now) {
			return true, nil
		}
	}
	return false, nil
}

// UpSince is since when workers could ask at least one server for jobs, without a gap.
func (s *Service) UpSince(ctx context.Context) (time.Time, error) { return s.fleet.UpSince(ctx) }
