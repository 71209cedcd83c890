package dispatch

import (
	"context"
	"errors"

	"morag/internal/job"
)

// Get answers a job without its result.
func (s *Service) Get(ctx context.Context, id string) (*job.Job, error) { return s.store.Get(ctx, id) }

// ResultData answers the result of a completed job, nil when it is not.
func (s *Service) ResultData(ctx context.Context, id string) ([]byte, error) {
	return s.store.Result(ctx, id)
}

// List answers a page of jobs without their results.
func (s *Service) List(ctx context.Context, f job.Filter) ([]*job.Job, string, error) {
	return s.store.List(ctx, f)
}

// Stats answers the store's counters.
func (s *Service) Stats(ctx context.Context) (job.Stats, error) { return s.store.Stats(ctx) }

// Release gives a job back before it is done; released twice is no error.
func (s *Service) Release(ctx context.Context, id, workerID string, attempt int) (*job.Job, error) {
	s.workers.beat(workerID)
	return s.once(ctx, id, job.Change{Event: job.Release, WorkerID: workerID, Attempt: attempt})
}

// Cancel calls a job off; cancelled twice is no error.
func (s *Service) Cancel(ctx context.Context, id string) (*job.Job, error) {
	return s.once(ctx, id, job.Change{Event: job.Cancel})
}

// once applies a change that may be asked for again.
func (s *Service) once(ctx context.Context, id string, c job.Change) (*job.Job, error) {
	j, _, err := s.update(ctx, id, c)
	if errors.Is(err, job.ErrRepeated) {
		return j, nil
	}
	return j, err
}
