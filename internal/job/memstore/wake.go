package memstore

import (
	"context"
	"time"

	"morag/internal/job"
)

// Wake implements [job.Store].
func (s *Store) Wake(ctx context.Context) <-chan job.Hint {
	return s.hints.Read(ctx, func() []job.Hint {
		p := s.place
		p.mu.Lock()
		defer p.mu.Unlock()
		var hints []job.Hint
		for _, j := range p.jobs {
			if hint, open := p.hint(j, p.clock.Now()); open {
				hints = append(hints, hint)
			}
		}
		return hints
	})
}

// wakeRun makes run look at the time again.
func (s *Store) wakeRun() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run tells when a backoff, an assignment or a releaser's pause ends.
func (s *Store) run() {
	defer close(s.ended)
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	for {
		timer.Reset(s.turn())
		select {
		case <-s.done:
			return
		case <-s.wake:
		case <-timer.C:
		}
	}
}

// turn tells of the jobs that time has opened since the last look, and says how long
// until it opens another.
func (s *Store) turn() time.Duration {
	p := s.place
	p.mu.Lock()
	defer p.mu.Unlock()
	now, wait := p.clock.Now(), maxWait
	for _, j := range p.jobs {
		for _, at := range p.policy.Opens(j) {
			if at.After(now) {
				wait = min(wait, at.Sub(now))
			} else if hint, open := p.hint(j, now); open && at.After(s.seen) {
				s.hints.Tell(hint)
			}
		}
	}
	s.seen = now
	return wait
}
