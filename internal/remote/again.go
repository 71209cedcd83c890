package remote

import (
	"context"
	"errors"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

// ErrOver: the task of a job has no use for another try of it: it has ended, or does
// not wait for this job.
var ErrOver = errors.New("the job's task is over")

// Retry lets a job be tried again, now if it waits out a backoff, and lets its failed
// task wait for it. [ErrOver], and the errors of the jobs.
func (s *Service) Retry(ctx context.Context, id string) (*job.Job, error) {
	return s.again(ctx, id, s.jobs.Retry)
}

// Reassign sends a job to another worker, "" for any; one that failed is tried again as
// by [Service.Retry].
func (s *Service) Reassign(ctx context.Context, id, worker string) (*job.Job, error) {
	return s.again(ctx, id, func(ctx context.Context, id string) (*job.Job, error) {
		return s.jobs.Reassign(ctx, id, worker)
	})
}

func (s *Service) again(ctx context.Context, id string, try func(context.Context, string) (*job.Job, error)) (*job.Job, error) {
	j, err := s.jobs.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	t, err := s.tasks.Get(ctx, j.IngestionTaskID)
	if errors.Is(err, task.ErrNotFound) {
		return try(ctx, id) // a client's own: its end makes the task
	}
	if err != nil {
		return nil, err
	}
	if !wants(t, j) {
		return nil, ErrOver
	}
	if j, err = try(ctx, id); err != nil {
		return nil, err
	}
	return j, s.waitAgain(ctx, j)
}

// wants tells whether another try of j is of use to t.
func wants(t *task.Task, j *job.Job) bool {
	return names(t, j) && t.Status != task.Success && t.Status != task.Revoked
}

// waitAgain lets the failed task of a job that was retried wait for it. A task that was
// called off meanwhile takes its job with it.
func (s *Service) waitAgain(ctx context.Context, j *job.Job) error {
	t, err := s.tasks.Update(ctx, j.IngestionTaskID, func(t *task.Task, now time.Time) error {
		if t.Status != task.Failure || !names(t, j) {
			return task.ErrConflict // it waits already, or is over
		}
		return t.Reopen(true, now.Add(s.policy.timeout(t)), now)
	})
	if errors.Is(err, task.ErrNotFound) {
		return nil
	}
	if errors.Is(err, task.ErrConflict) {
		return s.cancelOrphan(ctx, j)
	}
	if err != nil {
		return err
	}
	s.observe(t)
	// The job may have ended before the task began to wait.
	return s.look(ctx, t)
}
