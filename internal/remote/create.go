package remote

import (
	"context"
	"errors"

	"morag/internal/job"
	"morag/internal/task"
)

// ErrTask: the ingestion_task_id of a job names a task already, which is driven only by
// the job that its own row names.
var ErrTask = errors.New("ingestion_task_id is a task already")

// Create makes a job that a client asks for under a task id of its own. [ErrTask], and
// the errors of the jobs.
func (s *Service) Create(ctx context.Context, spec job.Spec) (*job.Job, error) {
	if err := s.free(ctx, spec.IngestionTaskID); err != nil {
		return nil, err
	}
	j, err := s.jobs.Create(ctx, spec)
	if err != nil {
		return nil, err
	}
	if err := s.refer(ctx, j); err != nil {
		return nil, errors.Join(err, made(s.cancel(ctx, j.ID, "it could not keep its source")))
	}
	// A task of that id may have been made meanwhile. Any that comes later finds a job
	// that was there before it.
	if t, err := s.tasks.Get(ctx, spec.IngestionTaskID); err == nil && !t.Names(j.ID) {
		return nil, errors.Join(ErrTask, made(s.cancel(ctx, j.ID, ErrTask.Error())))
	}
	return j, nil
}

// free is [ErrTask] when there is a task of that id.
func (s *Service) free(ctx context.Context, id string) error {
	_, err := s.tasks.Get(ctx, id)
	if errors.Is(err, task.ErrNotFound) {
		return nil // what can be no id at all the jobs refuse
	}
	if err == nil {
		return ErrTask
	}
	return err
}
