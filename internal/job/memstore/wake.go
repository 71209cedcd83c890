package memstore

import "time"

// Wake implements [job.Store].
func (s *Store) Wake() <-chan string { return s.wake }

// run tells, one by one, the types that have something new to claim: after a change,
// and when a backoff, an assignment or a releaser's pause ends.
func (s *Store) run() {
	defer close(s.ended)
	defer close(s.wake)
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	for {
		hint, wait := s.next()
		timer.Reset(wait)
		var wake chan<- string // nil, and so never ready, without a hint
		if hint != "" {
			wake = s.wake
		}
		select {
		case <-s.done:
			return
		case wake <- hint:
			continue
		case <-s.kick:
		case <-timer.C:
		}
		if hint != "" {
			s.mu.Lock()
			s.hints[hint] = true
			s.mu.Unlock()
		}
	}
}

// next takes a type to tell, "" for none, and says how long until time opens another
// job.
func (s *Store) next() (hint string, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	wait = maxWait
	for _, j := range s.jobs {
		for _, at := range s.policy.Opens(j) {
			switch {
			case at.After(now):
				wait = min(wait, at.Sub(now))
			case at.After(s.seen):
				s.hints[j.ContentType] = true
			}
		}
	}
	s.seen = now
	for kind := range s.hints {
		delete(s.hints, kind)
		return kind, wait
	}
	return "", wait
}
