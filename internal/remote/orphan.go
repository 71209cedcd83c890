package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

// overMessage is why a job is cancelled that nobody waits for.
const overMessage = "its task is over"

// endOrphans calls off the jobs of tasks that have ended before them: a server may die
// between the end of a task and the end of its job.
func (s *Service) endOrphans(ctx context.Context) error {
	orphans, err := s.tasks.Orphans(ctx, orphansPage)
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range orphans {
		errs = append(errs, s.CallOff(ctx, t, overMessage))
	}
	return errors.Join(errs...)
}

// CallOff cancels the remote jobs of a task that is over, those that may still run.
func (s *Service) CallOff(ctx context.Context, t *task.Task, reason string) error {
	if !t.Orphaned() {
		return nil
	}
	ids := t.Jobs()
	for _, id := range ids {
		if err := s.cancel(ctx, id, reason); err != nil {
			return err
		}
	}
	_, err := s.tasks.Update(ctx, t.ID, func(t *task.Task, _ time.Time) error { return t.JobsEnded(ids...) })
	if errors.Is(err, task.ErrConflict) || errors.Is(err, task.ErrNotFound) {
		return nil // it was reopened, or removed
	}
	return err
}

// cancel ends a job; one that is over, or not there, is no error.
func (s *Service) cancel(ctx context.Context, id, reason string) error {
	_, err := s.jobs.Cancel(ctx, id, reason)
	if err == nil || errors.Is(err, job.ErrNotFound) || errors.Is(err, job.ErrConflict) {
		return nil
	}
	return fmt.Errorf("cancel remote job %s: %w", id, err)
}
