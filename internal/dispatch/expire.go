package dispatch

import (
	"context"
	"errors"
	"time"

	"morag/internal/job"
)

// dueBatch is how many due changes are applied before asking for more.
const dueBatch = 100

// expire applies what time brings until ctx ends.
func (s *Service) expire(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		timer.Reset(s.expireDue(ctx))
	}
}

// maxExpireWait bounds how late a deadline that was set after the look at the clock
// is noticed.
const maxExpireWait = time.Second

// expireDue applies what is due now and returns how long to wait.
func (s *Service) expireDue(ctx context.Context) time.Duration {
	due, next, err := s.store.Due(ctx, dueBatch)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Error("look for expired jobs", "err", err)
		}
		return maxExpireWait
	}
	failed := false
	for _, d := range due {
		_, _, err := s.update(ctx, d.ID, job.Change{Event: d.Event})
		// A heartbeat, result or claim that came first is no error.
		if err != nil && !errors.Is(err, job.ErrConflict) && !errors.Is(err, job.ErrNotFound) && ctx.Err() == nil {
			s.log.Error("expire job", "job_id", d.ID, "event", string(d.Event), "err", err)
			failed = true
		}
	}
	if len(due) == dueBatch && !failed {
		return 0
	}
	return min(max(next, 10*time.Millisecond), maxExpireWait)
}
