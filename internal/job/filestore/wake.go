package filestore

import (
	"context"
	"time"

	"morag/internal/job"
)

// Wake implements [job.Store]: a type is named once however many of its jobs have
// become claimable since it was last read.
func (s *Store) Wake(ctx context.Context) <-chan job.Hint {
	return s.hints.Read(ctx, func() []job.Hint {
		s.mu.Lock()
		defer s.mu.Unlock()
		var hints []job.Hint
		for _, k := range s.index.queues {
			hints = append(hints, k.hints()...)
		}
		return hints
	})
}

// offer makes a pending job claimable and hints at it. The caller holds mu.
func (s *Store) offer(h *header, now int64) {
	if s.index.offer(h, now) {
		s.hints.Tell(h.queue.hint(h))
	}
	if h.turnAt == 1 {
		s.wakeTend() // it is the next whose time comes
	}
}

// wakeTend makes tend look at the time again.
func (s *Store) wakeTend() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// tend makes jobs claimable when their time comes, until the store is closed.
func (s *Store) tend() {
	defer close(s.tended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(s.turn())
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.done:
			return
		}
	}
}

// turn makes those jobs claimable whose time has come, and tells how long until the
// next one's.
func (s *Store) turn() time.Duration {
	now := micro(s.clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turnAll(now)
}

// turnAll is turn for a caller that holds mu.
func (s *Store) turnAll(now int64) time.Duration {
	for {
		h, wait := s.index.ripe(now)
		if h == nil {
			return wait
		}
		s.offer(h, now)
	}
}
