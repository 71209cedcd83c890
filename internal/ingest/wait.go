package ingest

import (
	"context"
	"errors"
	"time"

	"morag/internal/task"
)

// batchLook is how often batches are looked after: whatever told of the end of their
// items may have been lost with the server.
const batchLook = 15 * time.Second

// waitLoop looks after the batches that wait for their items.
func (s *Service) waitLoop(ctx context.Context) {
	ticker := time.NewTicker(batchLook)
	defer ticker.Stop()
	for {
		waiting, err := s.tasks.Waiting(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("look after waiting batches", "err", err)
		}
		for _, t := range waiting {
			if ctx.Err() != nil {
				return
			}
			s.settle(ctx, t)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// settle ends the wait of a batch whose items have all ended.
func (s *Service) settle(ctx context.Context, t *task.Task) {
	if t.Phase != task.Waiting || len(t.Items) == 0 {
		return
	}
	if err := s.settleBatch(ctx, t); err != nil && ctx.Err() == nil {
		s.log.Error("settle a waiting batch", "task_id", t.ID, "err", err)
	}
}

func (s *Service) endWait(ctx context.Context, t *task.Task) error {
	after, err := s.tasks.Update(ctx, t.ID, func(t *task.Task, now time.Time) error { return t.Wake(true, "", now) })
	if errors.Is(err, task.ErrConflict) {
		return nil // it has been woken already
	}
	if err != nil {
		return err
	}
	s.observe(after, nil)
	return nil
}
