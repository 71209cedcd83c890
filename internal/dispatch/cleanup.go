package dispatch

import (
	"context"
	"errors"
	"time"

	"morag/internal/job"
)

// Cleaned is what a clean-up did.
type Cleaned struct {
	Expired int // jobs whose time had run out
	Removed int // jobs that were over for long enough
}

// Keeper tells whether a job that is over is still needed.
type Keeper func(ctx context.Context, j *job.Job) (bool, error)

// Cleanup ends the jobs whose time has run out and removes those that have been over
// for longer than age, except those that keep says are still needed. Only records are
// removed: a source goes when nothing refers to it any more.
func (s *Service) Cleanup(ctx context.Context, age time.Duration, keep Keeper) (Cleaned, error) {
	var done Cleaned
	expired, err := s.expireAll(ctx)
	if err != nil {
		return done, err
	}
	done.Expired = expired
	now := s.now()
	for _, status := range []job.Status{job.Completed, job.Failed, job.Timeout, job.Cancelled} {
		var failed error
		err := s.each(ctx, status, func(j *job.Job) bool {
			var removed bool
			if removed, failed = s.cleanOne(ctx, j, now, age, keep); removed {
				done.Removed++
			}
			return failed == nil
		})
		if err := errors.Join(err, failed); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (s *Service) cleanOne(ctx context.Context, j *job.Job, now time.Time, age time.Duration, keep Keeper) (bool, error) {
	over := j.CompletedAt
	if over.IsZero() {
		over = j.CreatedAt
	}
	// The store's clock is ahead of this one if that was set back.
	if max(now.Sub(over), 0) < age {
		return false, nil
	}
	if needed, err := keep(ctx, j); err != nil || needed {
		return false, err
	}
	err := s.store.Delete(ctx, j.ID)
	if errors.Is(err, job.ErrNotFound) || errors.Is(err, job.ErrConflict) {
		return false, nil // somebody was faster: removed, or retried
	}
	if err != nil {
		return false, err
	}
	s.log.Info("job removed", "job_id", j.ID, "task_id", j.IngestionTaskID, "content_type", j.ContentType, "status", string(j.Status))
	return true, nil
}

// expireAll applies everything that is due now and counts the jobs that timed out.
func (s *Service) expireAll(ctx context.Context) (int, error) {
	expired := 0
	for {
		due, _, err := s.store.Due(ctx, dueBatch)
		if err != nil {
			return expired, err
		}
		changed := 0
		for _, d := range due {
			j, _, err := s.update(ctx, d.ID, job.Change{Event: d.Event})
			if err != nil {
				continue // a heartbeat or a result came first; the expiry loop logs the rest
			}
			changed++
			if j.Status == job.Timeout {
				expired++
			}
		}
		if changed == 0 || len(due) < dueBatch {
			return expired, nil
		}
	}
}
