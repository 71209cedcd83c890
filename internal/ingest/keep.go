package ingest

import (
	"context"
	"errors"
	"time"

	"morag/internal/task"
)

// leaseTime is how long a run is taken to live after its last heartbeat, and renewEvery
// how often it gives one: often enough to miss three.
const (
	leaseTime  = 15 * time.Second
	renewEvery = 3 * time.Second
)

// sweepBatch is how many unused chunks are removed in one call, and sweepEvery how often
// they are looked for. What was staged longer than stagingAge ago is left of a run that
// has failed: no living one takes that long from one batch to the next.
const (
	sweepBatch = 500
	sweepEvery = 20 * time.Second
	stagingAge = time.Hour
)

// keepLoop renews the leases of this process's runs and stops those that were lost, and
// takes up those of the dead.
func (s *Service) keepLoop(ctx context.Context) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	revoked := s.tasks.Wake(ctx, task.HintRevoked)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-revoked:
		}
		if err := s.renew(ctx); err != nil {
			if ctx.Err() == nil {
				s.log.Error("renew the leases of running tasks", "err", err)
			}
			continue // to look for the dead would find the living
		}
		if err := s.recover(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("look for lost runs", "err", err)
		}
	}
}

// renew tells the store that the runs live and how far they are.
func (s *Service) renew(ctx context.Context) error {
	runs := s.running.all()
	if len(runs) == 0 {
		return nil
	}
	lost, err := s.tasks.Renew(ctx, leaseTime, runs)
	for _, r := range lost {
		s.running.stop(r, errLost)
	}
	return err
}

// recover puts runs back in the queue whose lease has ended: their server is dead.
func (s *Service) recover(ctx context.Context) error {
	lost, err := s.tasks.Lost(ctx)
	if err != nil {
		return err
	}
	for _, id := range lost {
		t, err := s.tasks.Update(ctx, id, func(t *task.Task, now time.Time) error { return t.Lose(now) })
		if errors.Is(err, task.ErrConflict) {
			continue // another server was first, or it lives after all
		}
		if err != nil {
			return err
		}
		if t.Phase == task.Ended {
			s.dispose(ctx, t, false)
		} else {
			s.metrics.TaskRetried(t.Source.ContentType, "lost")
		}
		s.observe(t, errors.New("the server that ran it died"))
	}
	return nil
}

// sweepLoop clears up behind runs.
func (s *Service) sweepLoop(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("sweep the index", "err", err)
			}
		}
	}
}

// sweep removes chunks that no document uses, in pages. Those that a run, on whatever
// server, may be staging are not old enough.
func (s *Service) sweep(ctx context.Context) error {
	for {
		n, err := s.index.Sweep(ctx, sweepBatch, stagingAge)
		if err != nil || n < sweepBatch {
			return err
		}
	}
}
