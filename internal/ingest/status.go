package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

// View is a task with what is only known in memory.
type View struct {
	*task.Task
	Progress  float64
	Message   string
	Remaining time.Duration // expected, 0 when not known
}

// Status answers a task as it is now. [task.ErrNotFound].
func (s *Service) Status(ctx context.Context, id string) (View, error) {
	t, err := s.tasks.Get(ctx, id)
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, t), nil
}

func (s *Service) view(ctx context.Context, t *task.Task) View {
	message := t.Message
	now := s.now()
	remaining := time.Duration(0)
	switch t.Phase {
	case task.Running:
		if step, ok := s.progress.get(t.ID); ok {
			t.Done, message = step.done, step.message
		}
		if t.Stage == task.LocalProcessing {
			remaining = s.took.Estimate(t.Source.ContentType, t.Source.Size) - now.Sub(t.StartedAt)
		}
	case task.Waiting:
		if n := len(t.Items); n > 0 {
			ended := s.batches.ended(t.ID)
			t.Done, message = float64(ended)/float64(n), fmt.Sprintf("%d of %d items are done", ended, n)
		}
		if t.Remote == nil {
			break
		}
		if j, err := s.jobs.Get(ctx, t.Remote.JobID); err == nil && j.Status == job.Processing {
			t.Done, message = j.Progress, "a worker converts it"
			if j.ProgressMessage != "" {
				message = j.ProgressMessage
			}
			remaining = s.jobs.Estimate(j.ContentType, j.SourceSize) - now.Sub(j.StartedAt)
		}
	}
	return View{Task: t, Progress: t.Overall(), Message: message, Remaining: max(remaining, 0)}
}

// List answers a page of tasks, newest first.
func (s *Service) List(ctx context.Context, f task.Filter) ([]View, string, error) {
	tasks, next, err := s.tasks.List(ctx, f)
	if err != nil {
		return nil, "", err
	}
	views := make([]View, len(tasks))
	for i, t := range tasks {
		views[i] = s.view(ctx, t)
	}
	return views, next, nil
}

// Count answers how many tasks of the owner there are of each status.
func (s *Service) Count(ctx context.Context, owner string) (map[task.Status]int, error) {
	return s.tasks.Count(ctx, owner)
}

// Revoke calls a task off, with its run and its remote job; revoked again it is no
// error. [task.ErrNotFound], [task.ErrConflict] when it has ended otherwise.
func (s *Service) Revoke(ctx context.Context, id string) (View, error) {
	now, changed := s.now(), false
	t, err := s.tasks.Update(ctx, id, func(t *task.Task) error {
		changed = t.Status != task.Revoked
		return t.Revoke(now)
	})
	if err != nil {
		return View{}, err
	}
	ctx = context.WithoutCancel(ctx)
	s.running.stop(id, errRevoked)
	if t.Remote != nil {
		_, err := s.jobs.Cancel(ctx, t.Remote.JobID, "its task was revoked")
		if err != nil && !errors.Is(err, job.ErrNotFound) && !errors.Is(err, job.ErrConflict) {
			return View{}, fmt.Errorf("cancel the remote job of task %s: %w", id, err)
		}
	}
	if err := s.revokeItems(ctx, t); err != nil {
		return View{}, err
	}
	if changed {
		s.observe(t, nil)
		s.dispose(ctx, t, false)
	}
	return s.view(ctx, t), nil
}
