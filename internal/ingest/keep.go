package ingest

import (
	"context"
	"errors"
	"time"

	"morag/internal/task"
)

// sweepBatch is how many unused chunks are removed in one short write.
const sweepBatch = 500

// keepLoop renews the leases of this process's runs and clears up behind them.
func (s *Service) keepLoop(ctx context.Context) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := s.tasks.Renew(ctx, s.runner, leaseTime); err != nil && ctx.Err() == nil {
			s.log.Error("renew the leases of running tasks", "err", err)
		}
		if err := s.recover(ctx, false); err != nil && ctx.Err() == nil {
			s.log.Error("look for lost runs", "err", err)
		}
		s.sweep(ctx)
	}
}

// recover puts runs back in the queue whose server is dead.
func (s *Service) recover(ctx context.Context, all bool) error {
	lost, err := s.tasks.Lost(ctx, s.runner, all)
	if err != nil {
		return err
	}
	for _, id := range lost {
		t, err := s.tasks.Update(ctx, id, func(t *task.Task) error { return t.Lose(s.now()) })
		if errors.Is(err, task.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		s.running.stop(id, errParked)
		s.observe(t, errors.New("the server that ran it died"))
		if t.Phase == task.Ended {
			s.dispose(ctx, t, false)
		}
	}
	if len(lost) > 0 {
		s.wake()
	}
	return nil
}

// sweep removes chunks that no document uses, except those being staged.
func (s *Service) sweep(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := s.index.Sweep(ctx, sweepBatch, s.running.ids())
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("sweep the index", "err", err)
			}
			return
		}
		if n < sweepBatch {
			return
		}
	}
}
