package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"morag/internal/fleet"
	"morag/internal/job"
	"morag/internal/task"
)

// ErrOver: the task of a job has no use for another try of it: it has ended, or does
// not wait for this job.
var ErrOver = errors.New("the job's task is over")

// OverError is [ErrOver] with what the task is.
type OverError struct{ Status task.Status }

func (e *OverError) Error() string { return fmt.Sprintf("%v: it is %s", ErrOver, e.Status) }

// Unwrap returns ErrOver.
func (e *OverError) Unwrap() error { return ErrOver }

// Retry lets a job be tried again, now if it waits out a backoff, and lets its failed
// task wait for it. [ErrOver], and the errors of the jobs; [job.ErrInDoubt] also when the
// job is tried again and the task cannot be told.
func (s *Service) Retry(ctx context.Context, id string) (*job.Job, error) {
	return s.again(ctx, id, job.Retry, s.jobs.Retry)
}

// Reassign sends a job to another worker, "" for any; one that failed is tried again as
// by [Service.Retry].
func (s *Service) Reassign(ctx context.Context, id, worker string) (*job.Job, error) {
	return s.again(ctx, id, job.Reassign, func(ctx context.Context, id string) (*job.Job, error) {
		return s.jobs.Reassign(ctx, id, worker)
	})
}

func (s *Service) again(ctx context.Context, id string, e job.Event, try func(context.Context, string) (*job.Job, error)) (*job.Job, error) {
	j, err := s.jobs.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if !j.Status.Allows(e) { // says more than that its task is over
		return nil, j.Refuse(e, job.ErrConflict)
	}
	err = s.mayTry(ctx, j)
	if errors.Is(err, task.ErrNotFound) { // a client's own: its end makes the task
		if j, err = try(ctx, id); err != nil {
			return nil, err
		}
		return j, made(s.refer(ctx, j))
	}
	if err != nil {
		return nil, err
	}
	if j, err = try(ctx, id); err != nil {
		return nil, err
	}
	return j, made(s.waitAgain(ctx, j))
}

// made is what to tell of err, which came after the change of a job was made: that nothing
// has changed, as the stores' own errors say, is no longer so.
func made(err error) error {
	for _, store := range []error{job.ErrUnavailable, job.ErrNoSpace, job.ErrRead, task.ErrUnavailable, task.ErrNoSpace, fleet.ErrUnavailable} {
		if errors.Is(err, store) {
			return fmt.Errorf("%w: %w", job.ErrInDoubt, err)
		}
	}
	return err
}

// wants tells whether another try of j is of use to t.
func wants(t *task.Task, j *job.Job) bool {
	return t.Names(j.ID) && t.Status != task.Success && t.Status != task.Revoked
}

// mayTry is [ErrOver] when the task of j has no use for another try. One that goes on
// without the job notes that it may be under way again, so that it is ended with it.
func (s *Service) mayTry(ctx context.Context, j *job.Job) error {
	_, err := s.tasks.Update(ctx, j.IngestionTaskID, func(t *task.Task, _ time.Time) error {
		if !wants(t, j) {
			return &OverError{Status: t.Status}
		}
		if t.Phase == task.Ended {
			return nil // it is reopened when the job has been
		}
		return t.JobRetried(j.ID)
	})
	return err
}

// waitAgain lets the failed task of a job that was retried wait for it. A task that was
// called off meanwhile takes its job with it.
func (s *Service) waitAgain(ctx context.Context, j *job.Job) error {
	t, err := s.tasks.Update(ctx, j.IngestionTaskID, func(t *task.Task, now time.Time) error {
		if !wants(t, j) {
			return &OverError{Status: t.Status}
		}
		if t.Phase != task.Ended {
			return nil // it waits already, or goes on without
		}
		if err := t.Reopen(true, now.Add(s.policy.timeout(t)), now); err != nil {
			return err
		}
		return t.JobRetried(j.ID)
	})
	if errors.Is(err, ErrOver) || errors.Is(err, task.ErrNotFound) {
		return s.cancel(ctx, j.ID, overMessage)
	}
	if err != nil {
		return err
	}
	if t.Phase != task.Waiting {
		return nil
	}
	s.observe(t)
	// The job may have ended before the task began to wait.
	return s.reconcile(ctx, t)
}
