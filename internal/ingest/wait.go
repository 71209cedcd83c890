package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

// waitLoop looks after the tasks that wait for a remote job or their items: whatever
// told of their end may have been lost with the server.
func (s *Service) waitLoop(ctx context.Context) {
	// A tenth of the wait for a worker is exact enough for it.
	every := min(max(s.remote.FallbackTimeout/10, 200*time.Millisecond), 15*time.Second)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	lastFull := time.Time{}
	for {
		now := s.now()
		full := now.Sub(lastFull) >= time.Minute
		waiting, err := s.tasks.Waiting(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("look after waiting tasks", "err", err)
		}
		for _, t := range waiting {
			if ctx.Err() != nil {
				return
			}
			s.settle(ctx, t, full)
		}
		if full && err == nil {
			lastFull = now
			s.cancelOrphans(ctx)
			if s.unadopted.Swap(false) {
				s.adoptAll(ctx)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// cancelOrphans calls off the jobs of tasks that are over: a server may die between
// the end of a task and the end of its job.
func (s *Service) cancelOrphans(ctx context.Context) {
	for _, status := range []job.Status{job.Pending, job.Processing} {
		for cursor := ""; ; {
			jobs, next, err := s.jobs.List(ctx, job.Filter{Status: status, Limit: 1000, Cursor: cursor})
			if err != nil {
				if ctx.Err() == nil {
					s.log.Error("look for orphaned jobs", "err", err)
				}
				return
			}
			for _, j := range jobs {
				s.cancelOrphan(ctx, j)
			}
			if cursor = next; cursor == "" {
				break
			}
		}
	}
}

func (s *Service) cancelOrphan(ctx context.Context, j *job.Job) {
	t, err := s.tasks.Get(ctx, j.IngestionTaskID)
	if err != nil || t.Phase != task.Ended || t.Remote == nil || t.Remote.JobID != j.ID {
		return
	}
	if _, err := s.jobs.Cancel(ctx, j.ID, "its task is over"); err != nil && !errors.Is(err, job.ErrConflict) && ctx.Err() == nil {
		s.log.Error("cancel an orphaned job", "job_id", j.ID, "task_id", t.ID, "err", err)
	}
}

// JobEnded is told that a remote job is over. It tells whether an ingestion goes on
// with its result.
func (s *Service) JobEnded(ctx context.Context, j *job.Job) bool {
	// What is known is not lost when the caller that brought it leaves.
	ctx = context.WithoutCancel(ctx)
	t, err := s.tasks.Get(ctx, j.IngestionTaskID)
	if errors.Is(err, task.ErrNotFound) {
		return s.adopt(ctx, j)
	}
	if err != nil {
		s.log.Error("task of an ended job", "job_id", j.ID, "task_id", j.IngestionTaskID, "err", err)
		return false
	}
	if t.Remote == nil || t.Remote.JobID != j.ID {
		return false
	}
	if t.Remote.Done {
		return true // told again
	}
	if t.Status == task.Failure && j.Status == job.Completed {
		// The job was retried, and the server died before its task was reopened.
		if err := s.JobRetried(ctx, j); err != nil {
			s.log.Error("reopen the task of a completed job", "job_id", j.ID, "task_id", t.ID, "err", err)
			return false
		}
		return true
	}
	if t.Phase == task.Ended {
		return false
	}
	if t.Phase == task.Waiting {
		s.settle(ctx, t, true)
	}
	return j.Status == job.Completed
}

// settle ends the wait of a task whose remote job is over, or that has waited long
// enough. Unless full is set, a task that clearly has to wait on is not looked up.
func (s *Service) settle(ctx context.Context, t *task.Task, full bool) {
	if err := s.trySettle(ctx, t, full); err != nil && ctx.Err() == nil {
		s.log.Error("settle a waiting task", "task_id", t.ID, "err", err)
	}
}

func (s *Service) trySettle(ctx context.Context, t *task.Task, full bool) error {
	if t.Phase == task.Waiting && len(t.Items) > 0 {
		return s.settleBatch(ctx, t)
	}
	if t.Phase != task.Waiting || t.Remote == nil {
		return nil
	}
	now := s.now()
	late := now.After(t.Remote.Deadline)
	there := t.Options.NoFallback || s.jobs.Available(t.Source.ContentType, s.remote.FallbackTimeout)
	if !full && !late && there {
		return nil
	}
	j, err := s.jobs.Get(ctx, t.Remote.JobID)
	if errors.Is(err, job.ErrNotFound) {
		err = s.createJob(ctx, t)
		if errors.Is(err, job.ErrNoSpace) || errors.Is(err, job.ErrUnavailable) {
			return err
		}
		if err != nil {
			return s.giveUp(ctx, t, "the remote job could not be created: "+describe(err))
		}
		return nil
	}
	if err != nil {
		return err
	}
	switch j.Status {
	case job.Completed:
		return s.endWait(ctx, t, true, "")
	case job.Failed, job.Timeout, job.Cancelled:
		return s.giveUp(ctx, t, ended(j))
	}
	if late {
		return s.callOff(ctx, t, fmt.Sprintf("no result within %d s", int(t.Remote.Deadline.Sub(t.Remote.Since).Seconds())))
	}
	if j.Status == job.Pending && !there && now.Sub(s.pendingSince(j)) >= s.remote.FallbackTimeout {
		return s.callOff(ctx, t, fmt.Sprintf("no worker for %s was seen for %d s", t.Source.ContentType, int(s.remote.FallbackTimeout.Seconds())))
	}
	return nil
}

// pendingSince is when a worker could first have come for the job: its return to
// pending, but not before this server was there to be asked. What lies ahead was
// written by a clock that was set back since.
func (s *Service) pendingSince(j *job.Job) time.Time {
	since := j.CreatedAt
	if n := len(j.History); n > 0 {
		since = j.History[n-1].At
	}
	if since.Before(s.started) || since.After(s.now()) {
		since = s.started
	}
	return since
}

func ended(j *job.Job) string {
	if j.ErrorMessage != "" {
		return j.ErrorMessage
	}
	return "the remote job is " + string(j.Status)
}

// callOff cancels the job durably before anything else is done instead of it. A
// result that comes first is used.
func (s *Service) callOff(ctx context.Context, t *task.Task, why string) error {
	// The reason goes with the job: whoever sees its end first tells the task why.
	j, err := s.jobs.Cancel(ctx, t.Remote.JobID, why)
	if errors.Is(err, job.ErrConflict) && j != nil && j.Status == job.Completed {
		return s.endWait(ctx, t, true, "")
	}
	if err != nil && !errors.Is(err, job.ErrConflict) && !errors.Is(err, job.ErrNotFound) {
		return err
	}
	return s.giveUp(ctx, t, why)
}

func (s *Service) giveUp(ctx context.Context, t *task.Task, why string) error {
	return s.endWait(ctx, t, false, why)
}

func (s *Service) endWait(ctx context.Context, t *task.Task, done bool, why string) error {
	now := s.now()
	after, err := s.tasks.Update(ctx, t.ID, func(t *task.Task) error { return t.Wake(done, why, now) })
	if errors.Is(err, task.ErrConflict) {
		return nil // it has been woken already
	}
	if err != nil {
		return err
	}
	s.observe(after, nil)
	s.wake()
	return nil
}
