package ingest

import (
	"context"
	"errors"

	"morag/internal/task"
)

// hasten looks for tasks that a clock which was set back keeps waiting.
func (s *Service) hasten(ctx context.Context) {
	f := task.Filter{Status: []task.Status{task.Pending, task.Progress}, Limit: 1000}
	for {
		tasks, next, err := s.tasks.List(ctx, f)
		for _, t := range tasks {
			if err == nil && t.Phase == task.Queued {
				err = s.hastenOne(ctx, t.ID)
			}
		}
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("look for tasks that a clock keeps waiting", "err", err)
			}
			return
		}
		if f.Cursor = next; next == "" {
			return
		}
	}
}

func (s *Service) hastenOne(ctx context.Context, id string) error {
	_, err := s.tasks.Update(ctx, id, func(t *task.Task) error { return t.Hasten(s.now()) })
	if errors.Is(err, task.ErrConflict) {
		return nil
	}
	if err == nil {
		s.log.Warn("the clock was set back: task runs now", "task_id", id)
		s.wake()
	}
	return err
}
