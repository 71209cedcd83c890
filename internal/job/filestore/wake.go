package filestore

import (
	"time"
)

// Wake implements [job.Store]: a type is named once however many of its jobs have
// become claimable since it was last read.
func (s *Store) Wake() <-chan string { return s.wake }

// offer makes a pending job claimable and hints at it. The caller holds mu.
func (s *Store) offer(h *header, now int64) {
	if s.index.offer(h, now) {
		s.hints[h.kind.name] = struct{}{}
		s.look()
	} else if h.turnAt == 1 {
		s.look() // it is the next whose time comes
	}
}

// look makes tend look at hints and turns again.
func (s *Store) look() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// tend makes jobs claimable when their time comes and hands out the hints, until the
// store is closed.
func (s *Store) tend() {
	defer close(s.tended)
	defer close(s.wake)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var hint string
	for {
		wait := s.turn()
		if hint == "" {
			hint = s.nextHint()
		}
		out := s.wake
		if hint == "" {
			out = nil
		}
		timer.Reset(wait)
		select {
		case out <- hint:
			hint = ""
		case <-timer.C:
		case <-s.kick:
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

// nextHint takes a type that is to be named, "" if there is none.
func (s *Store) nextHint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.hints {
		delete(s.hints, name)
		return name
	}
	return ""
}
