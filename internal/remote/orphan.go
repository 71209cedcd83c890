package remote

import (
	"context"
	"errors"
	"fmt"

	"morag/internal/job"
	"morag/internal/task"
)

// cancelOrphans calls off the jobs of tasks that are over: a server may die between
// the end of a task and the end of its job.
func (s *Service) cancelOrphans(ctx context.Context) error {
	for _, status := range []job.Status{job.Pending, job.Processing} {
		for cursor := ""; ; {
			jobs, next, err := s.jobs.List(ctx, job.Filter{Status: status, Limit: 1000, Cursor: cursor})
			if err != nil {
				return fmt.Errorf("look for orphaned jobs: %w", err)
			}
			for _, j := range jobs {
				if err := s.cancelOrphan(ctx, j); err != nil {
					return err
				}
			}
			if cursor = next; cursor == "" {
				break
			}
		}
	}
	return nil
}

func (s *Service) cancelOrphan(ctx context.Context, j *job.Job) error {
	t, err := s.tasks.Get(ctx, j.IngestionTaskID)
	if err != nil || t.Phase != task.Ended || !names(t, j) {
		return nil
	}
	return s.cancel(ctx, j.ID, "its task is over")
}

// CallOff cancels the remote job of a task that is over, if it has one.
func (s *Service) CallOff(ctx context.Context, t *task.Task, reason string) error {
	if t.Remote == nil {
		return nil
	}
	return s.cancel(ctx, t.Remote.JobID, reason)
}

// cancel ends a job; one that is over, or not there, is no error.
func (s *Service) cancel(ctx context.Context, id, reason string) error {
	_, err := s.jobs.Cancel(ctx, id, reason)
	if err == nil || errors.Is(err, job.ErrNotFound) || errors.Is(err, job.ErrConflict) {
		return nil
	}
	return fmt.Errorf("cancel remote job %s: %w", id, err)
}

// adoptAll finds the completed jobs whose task could not be made: the server did not
// live to do so, or its disk was full.
func (s *Service) adoptAll(ctx context.Context) error {
	for cursor := ""; ; {
		jobs, next, err := s.jobs.List(ctx, job.Filter{Status: job.Completed, Limit: 1000, Cursor: cursor})
		if err != nil {
			return fmt.Errorf("look for completed jobs without a task: %w", err)
		}
		for _, j := range jobs {
			if _, err := s.tasks.Get(ctx, j.IngestionTaskID); errors.Is(err, task.ErrNotFound) {
				if _, err := s.adopt(ctx, j); err != nil {
					return err
				}
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}
