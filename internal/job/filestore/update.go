package filestore

import (
	"context"
	"fmt"

	"morag/internal/job"
)

// Update implements [job.Store]. With every refusal of the table it returns the job
// beside the error.
func (s *Store) Update(ctx context.Context, id string, c job.Change) (*job.Job, error) {
	j, err := s.update(ctx, id, c)
	if err == nil && c.Event.Heard() {
		s.confirmRest(ctx, j.ClaimID)
	}
	return j, err
}

func (s *Store) update(ctx context.Context, id string, c job.Change) (*job.Job, error) {
	h, j, err := s.begin(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("update job %s: %w", id, err)
	}
	defer s.end(id)
	c.Now = s.clock.Now()
	next := j.Clone()
	if err := s.policy.Apply(next, c); err != nil {
		return j, err
	}
	if err := s.commit(h, next, j.Status); err != nil {
		return nil, fmt.Errorf("update job %s: %w", id, err)
	}
	next.ResultData = nil
	return next, nil
}

// begin starts a change of one job and returns it as it is. Unless there is an error
// the caller holds the job until [Store.end].
func (s *Store) begin(ctx context.Context, id string) (*header, *job.Job, error) {
	if err := s.enter(ctx); err != nil {
		return nil, nil, err
	}
	if err := s.hold(ctx, id); err != nil {
		s.calls.Done()
		return nil, nil, err
	}
	h, err := s.find(id)
	if err == nil {
		var j *job.Job
		if j, err = s.load(h, readHead); err == nil {
			return h, j, nil
		}
	}
	s.end(id)
	return nil, nil, err
}

// end ends what begin has started.
func (s *Store) end(id string) {
	s.letGo(id)
	s.calls.Done()
}

// commit makes next the record of the job h, which the caller holds: first on disk,
// then in memory.
func (s *Store) commit(h *header, next *job.Job, from job.Status) error {
	size, err := s.put(next, from)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.index.change(h, next, size)
	s.mu.Unlock()
	s.trail.Add(h.id)
	if next.Status != from && !s.discard(from, h.id) {
		s.mu.Lock()
		h.stray = true
		s.mu.Unlock()
	}
	return nil
}
