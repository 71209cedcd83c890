package remote

import (
	"context"
	"errors"

	"morag/internal/job"
	"morag/internal/task"
)

// reconcile does what the situation of a waiting task asks for, job by job.
func (s *Service) reconcile(ctx context.Context, t *task.Task) error {
	if t.Phase != task.Waiting {
		return nil
	}
	var errs []error
	for _, id := range t.Jobs() {
		errs = append(errs, s.reconcileJob(ctx, t, id))
	}
	return errors.Join(errs...)
}

func (s *Service) reconcileJob(ctx context.Context, t *task.Task, id string) error {
	j, err := s.jobs.Get(ctx, id)
	if errors.Is(err, job.ErrNotFound) {
		j, err = nil, nil
	}
	if err != nil {
		return err
	}
	seen := situation{task: t, job: j, now: s.now()}
	if seen.worker, err = s.available(ctx, t); err != nil {
		return err
	}
	if seen.up, err = s.jobs.UpSince(ctx); err != nil {
		return err
	}
	do, why := decide(seen, s.policy.FallbackTimeout)
	switch do {
	case makeJob:
		return s.makeAgain(ctx, t, id)
	case use:
		return s.endWait(ctx, t.ID, id, brought(j))
	case giveUp:
		return s.endWait(ctx, t.ID, id, without(j, why))
	case callOff:
		return s.callOff(ctx, t, id, why)
	}
	return nil
}

func (s *Service) available(ctx context.Context, t *task.Task) (bool, error) {
	return s.jobs.Available(ctx, t.JobType(), s.policy.FallbackTimeout)
}

// makeAgain makes a job that is not there although its task waits for it. A task whose
// job cannot be made goes on without.
func (s *Service) makeAgain(ctx context.Context, t *task.Task, id string) error {
	err := s.makeJob(ctx, t, id)
	if err == nil || errors.Is(err, job.ErrNoSpace) || errors.Is(err, job.ErrUnavailable) || ctx.Err() != nil {
		return err
	}
	s.log.Error("make the remote job of a waiting task", "task_id", t.ID, "job_id", id, "err", err)
	return s.endWait(ctx, t.ID, id, without(&job.Job{Status: job.Failed}, "the remote job could not be created; the server's log has the cause"))
}

// callOff cancels the job durably before anything else is done instead of it. A
// result that comes first is used.
func (s *Service) callOff(ctx context.Context, t *task.Task, id, why string) error {
	// The reason goes with the job: whoever sees its end first tells the task why.
	j, err := s.jobs.Cancel(ctx, id, why)
	if errors.Is(err, job.ErrConflict) && j != nil && j.Status == job.Completed {
		return s.endWait(ctx, t.ID, id, brought(j))
	}
	if err != nil && !errors.Is(err, job.ErrConflict) && !errors.Is(err, job.ErrNotFound) {
		return err
	}
	if j == nil {
		j = &job.Job{Status: job.Cancelled}
	}
	return s.endWait(ctx, t.ID, id, without(j, why))
}
