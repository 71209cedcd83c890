package filestore

import (
	"context"
	"fmt"

	"morag/internal/job"
)

// enter begins a call; s.calls.Done ends it.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.health(); err != nil {
		return err
	}
	s.calls.Add(1)
	return nil
}

// hold waits until nobody else changes the job id, or ctx ends. The caller then has
// it until letGo. It does not give out what a failed change may have left in doubt.
func (s *Store) hold(ctx context.Context, id string) error {
	for {
		s.mu.Lock()
		failure := s.failure
		other, taken := s.busy[id]
		if !taken && failure == nil {
			s.busy[id] = make(chan struct{})
		}
		s.mu.Unlock()
		switch {
		case failure != nil:
			return failure
		case !taken:
			return nil
		}
		select {
		case <-other:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// letGo lets others change the job id, and makes it claimable if it is pending.
func (s *Store) letGo(id string) {
	now := micro(s.clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.busy[id])
	delete(s.busy, id)
	if h := s.index.jobs[id]; h != nil {
		s.offer(h, now)
	}
}

// find returns the header of a job that the caller holds.
func (s *Store) find(id string) (*header, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.index.jobs[id]; h != nil {
		return h, nil
	}
	return nil, fmt.Errorf("job %s: %w", id, job.ErrNotFound)
}
