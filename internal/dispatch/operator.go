package dispatch

import (
	"context"
	"errors"
	"time"

	"morag/internal/job"
)

// Get returns a job without its result.
func (s *Service) Get(ctx context.Context, id string) (*job.Job, error) { return s.store.Get(ctx, id) }

// ResultData returns the result of a completed job, nil when it is not.
func (s *Service) ResultData(ctx context.Context, id string) ([]byte, error) {
	return s.store.Result(ctx, id)
}

// List returns a page of jobs without their results.
func (s *Service) List(ctx context.Context, f job.Filter) ([]*job.Job, string, error) {
	return s.store.List(ctx, f)
}

// Changes returns up to n jobs that have changed since the mark, as [job.Store.Changes].
func (s *Service) Changes(ctx context.Context, after int64, n int) ([]*job.Job, int64, error) {
	return s.store.Changes(ctx, after, n)
}

// Over returns a page of the jobs that are over, as [job.Store.Over].
func (s *Service) Over(ctx context.Context, age time.Duration, cursor string, n int) ([]*job.Job, string, error) {
	return s.store.Over(ctx, age, cursor, n)
}

// Stats returns the store's counters.
func (s *Service) Stats(ctx context.Context) (job.Stats, error) { return s.store.Stats(ctx) }

// Release requeues a job before it is done; released twice is no error.
// [job.ErrWrongKey], [ErrWorkerTaken].
func (s *Service) Release(ctx context.Context, id string, by Holder) (*job.Job, error) {
	if err := s.speaksFor(ctx, by.WorkerID, by.Key); err != nil {
		return nil, err
	}
	return s.once(ctx, id, job.Change{Event: job.Release, Key: by.Key, WorkerID: by.WorkerID, Attempt: by.Attempt})
}

// Cancel calls a job off, for the reason given if there is one; cancelled twice is no
// error.
func (s *Service) Cancel(ctx context.Context, id, reason string) (*job.Job, error) {
	return s.once(ctx, id, job.Change{Event: job.Cancel, Message: reason})
}

// Retry lets a job be tried again: one that is over starts anew with all its tries,
// one that waits out a backoff is available now. Whether its task still wants it is
// for the caller to know. [job.ErrConflict] in any other state, [ErrSourceGone].
func (s *Service) Retry(ctx context.Context, id string) (*job.Job, error) {
	if err := s.sourceThere(ctx, id); err != nil {
		return nil, err
	}
	j, _, err := s.update(ctx, id, job.Change{Event: job.Retry})
	return j, err
}

// Reassign sends a job to another worker: to the one named, which alone may claim it
// for a while, or to any. A job that is being processed is taken from its holder, one
// that failed or timed out is retried. [job.ErrConflict], [ErrSourceGone].
func (s *Service) Reassign(ctx context.Context, id, worker string) (*job.Job, error) {
	if err := s.sourceThere(ctx, id); err != nil {
		return nil, err
	}
	j, _, err := s.update(ctx, id, job.Change{Event: job.Reassign, Assignee: worker})
	return j, err
}

// sourceThere is nil when the job's source can still be downloaded.
func (s *Service) sourceThere(ctx context.Context, id string) error {
	j, err := s.store.Get(ctx, id)
	if err != nil {
		return err
	}
	info, err := s.sources.Stat(ctx, j.SourceFilePath)
	if err == nil && changed(j, info) {
		return ErrSourceGone
	}
	return s.sources.verdict(j, err)
}

// once applies a change that may be asked for again.
func (s *Service) once(ctx context.Context, id string, c job.Change) (*job.Job, error) {
	j, _, err := s.update(ctx, id, c)
	if errors.Is(err, job.ErrRepeated) {
		return j, nil
	}
	return j, err
}
