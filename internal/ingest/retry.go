package ingest

import (
	"context"
	"errors"
	"strings"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/job"
	"morag/internal/task"
)

// ErrSourceGone: the task's source is not kept any more.
var ErrSourceGone = errors.New("the task's source is gone")

// Retry runs a failed task of the scope once more, at once. What was converted, here or remotely,
// is not converted again. [task.ErrNotFound], [task.ErrConflict] for a task that did not fail,
// [ErrSourceGone].
func (s *Service) Retry(ctx context.Context, by auth.Scope, id string) (View, error) {
	if _, err := s.owned(ctx, by, id); err != nil {
		return View{}, err
	}
	return s.retry(ctx, id)
}

func (s *Service) retry(ctx context.Context, id string) (View, error) {
	t, err := s.tasks.Get(ctx, id)
	if err != nil {
		return View{}, err
	}
	if t.Status == task.Failure && t.ConvertedRef == "" && strings.HasPrefix(t.Source.Ref, blob.Scheme) {
		if _, err := s.blobs.Stat(ctx, t.Source.Ref); errors.Is(err, blob.ErrNotFound) {
			return View{}, ErrSourceGone
		}
	}
	if t.Status == task.Failure {
		if err := s.retryItems(ctx, t); err != nil {
			return View{}, err
		}
	}
	now, remote := s.now(), s.resultOf(ctx, t)
	t, err = s.tasks.Update(ctx, id, func(t *task.Task) error {
		if err := t.Reopen(false, now, now); err != nil {
			return err
		}
		t.Remote = remote
		return nil
	})
	if err != nil {
		return View{}, err
	}
	s.observe(t, nil)
	s.wake()
	return s.view(ctx, t), nil
}

// resultOf is the remote job that t has its text from, nil when there is none or its
// result is not kept any more.
func (s *Service) resultOf(ctx context.Context, t *task.Task) *task.Remote {
	if t.Remote == nil || !t.Remote.Done {
		return nil
	}
	if raw, err := s.jobs.ResultData(ctx, t.Remote.JobID); err != nil || raw == nil {
		return nil
	}
	return t.Remote
}

// MayRetryJob is [task.ErrConflict] when the task of a job has no use for another
// try of it: it is over, or it does not wait for this job.
func (s *Service) MayRetryJob(ctx context.Context, j *job.Job) error {
	t, err := s.tasks.Get(ctx, j.IngestionTaskID)
	if errors.Is(err, task.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if t.Status == task.Success || t.Status == task.Revoked || t.Remote == nil || t.Remote.JobID != j.ID {
		return task.ErrConflict
	}
	return nil
}

// JobRetried lets the failed task of a job that was retried wait for it again.
func (s *Service) JobRetried(ctx context.Context, j *job.Job) error {
	now := s.now()
	t, err := s.tasks.Update(ctx, j.IngestionTaskID, func(t *task.Task) error {
		if t.Status != task.Failure || t.Remote == nil || t.Remote.JobID != j.ID {
			return task.ErrConflict
		}
		return t.Reopen(true, now.Add(s.remoteTimeout(t)), now)
	})
	if errors.Is(err, task.ErrNotFound) || errors.Is(err, task.ErrConflict) {
		return nil // nobody waits, or it waits already
	}
	if err != nil {
		return err
	}
	s.observe(t, nil)
	// The job may have ended before the task began to wait.
	s.settle(ctx, t, true)
	return nil
}
