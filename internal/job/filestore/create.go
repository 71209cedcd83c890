package filestore

import (
	"context"
	"fmt"

	"morag/internal/job"
)

// Create implements [job.Store].
func (s *Store) Create(ctx context.Context, spec job.Spec) (*job.Job, error) {
	if !job.ValidID(spec.ID) {
		return nil, fmt.Errorf("create job: %.140q cannot be an id", spec.ID)
	}
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("create job %s: %w", spec.ID, err)
	}
	defer s.calls.Done()
	if err := s.hold(ctx, spec.ID); err != nil {
		return nil, fmt.Errorf("create job %s: %w", spec.ID, err)
	}
	defer s.letGo(spec.ID)
	if _, err := s.find(spec.ID); err == nil {
		return nil, fmt.Errorf("create job %s: %w", spec.ID, job.ErrExists)
	}
	j := s.policy.New(spec, s.clock.Now())
	if err := s.add(j); err != nil {
		return nil, fmt.Errorf("create job %s: %w", spec.ID, err)
	}
	return j, nil
}

// add stores a job that is new here, which the caller holds.
func (s *Store) add(j *job.Job) error {
	size, err := s.put(j, "")
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.index.add(j, size)
	s.mu.Unlock()
	s.trail.Add(j.ID)
	return nil
}

// Delete implements [job.Store].
func (s *Store) Delete(ctx context.Context, id string) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("delete job %s: %w", id, err)
	}
	defer s.calls.Done()
	if err := s.hold(ctx, id); err != nil {
		return fmt.Errorf("delete job %s: %w", id, err)
	}
	defer s.letGo(id)
	h, err := s.find(id)
	if err != nil {
		return err
	}
	status := statuses[h.status]
	if !status.Terminal() {
		return fmt.Errorf("delete job %s in %s: %w", id, status, job.ErrConflict)
	}
	if err := s.erase(status, id, h.stray); err != nil {
		return fmt.Errorf("delete job %s: %w", id, err)
	}
	s.mu.Lock()
	s.index.remove(h)
	s.mu.Unlock()
	return nil
}
