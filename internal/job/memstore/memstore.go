// Package memstore keeps jobs in memory: the plainest thing that is a [job.Store].
// It is for tests, and to read what a store must do. It sorts and counts where a
// real store keeps heaps and counters, and nothing survives it.
package memstore

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"morag/internal/job"
)

// Store is a [job.Store] in memory. Make it with [New] or [Place.Open].
type Store struct {
	place *Place
	hints job.Hints
	wake  chan struct{} // tells run that the time has to be looked at again
	done  chan struct{} // closed by Close
	ended chan struct{} // closed when run has ended

	closed bool      // guarded by place.mu
	seen   time.Time // openings up to here have become hints; of run alone
}

var _ job.Store = (*Store)(nil)

// New makes an empty store at a place of its own. A nil now means time.Now. Close ends
// its goroutine.
func New(p job.Policy, now func() time.Time) *Store { return NewPlace(p, now).Open() }

// lock takes the place for one call, unless the store is closed or the caller has
// gone. After an error there is nothing to unlock.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.place.mu.Lock()
	if s.closed {
		s.place.mu.Unlock()
		return fmt.Errorf("memory store is closed: %w", job.ErrUnavailable)
	}
	return nil
}

func (s *Store) unlock() { s.place.mu.Unlock() }

// Create implements [job.Store].
func (s *Store) Create(ctx context.Context, spec job.Spec) (*job.Job, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	p := s.place
	if _, taken := p.jobs[spec.ID]; taken {
		return nil, fmt.Errorf("job %s: %w", spec.ID, job.ErrExists)
	}
	j := p.policy.New(spec, p.clock.Now())
	p.created++
	p.order[j.ID] = p.created
	p.put(j)
	return j.Clone(), nil
}

// Get implements [job.Store].
func (s *Store) Get(ctx context.Context, id string) (*job.Job, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	j, err := s.place.find(id)
	if err != nil {
		return nil, err
	}
	return j.Clone(), nil
}

// Result implements [job.Store].
func (s *Store) Result(ctx context.Context, id string) (json.RawMessage, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	if _, err := s.place.find(id); err != nil {
		return nil, err
	}
	return append(json.RawMessage(nil), s.place.results[id]...), nil
}

// Claim implements [job.Store].
func (s *Store) Claim(ctx context.Context, c job.Claimant, types []string, n int) ([]*job.Job, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	p := s.place
	now, together := p.clock.Now(), uuid.NewString()
	var claimed []*job.Job
	for len(claimed) < n {
		j := p.best(c.WorkerID, types, now)
		if j == nil {
			break
		}
		next := j.Clone()
		change := job.Change{Event: job.Claim, Now: now, Key: c.Key, WorkerID: c.WorkerID, ClaimID: together, Lease: c.Lease}
		if err := p.policy.Apply(next, change); err != nil {
			return claimed, nil
		}
		p.put(next)
		p.served[lineOf(next)] = 1 + slices.Max(append(slices.Collect(maps.Values(p.served)), 0))
		claimed = append(claimed, next.Clone())
	}
	return claimed, nil
}

// Update implements [job.Store].
func (s *Store) Update(ctx context.Context, id string, c job.Change) (*job.Job, error) {
	return s.change(ctx, id, c.Event.Heard(), func(j *job.Job, now time.Time) error {
		c.Now = now
		return s.place.policy.Apply(j, c)
	})
}

// Alive implements [job.Store].
func (s *Store) Alive(ctx context.Context, id string, b job.Beat) (*job.Job, error) {
	return s.change(ctx, id, true, func(j *job.Job, now time.Time) error {
		return s.place.policy.Alive(j, b, now)
	})
}

// change applies one change; heard tells that it confirms all that was claimed with it.
func (s *Store) change(ctx context.Context, id string, heard bool, apply func(*job.Job, time.Time) error) (*job.Job, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	p := s.place
	j, err := p.find(id)
	if err != nil {
		return nil, err
	}
	next := j.Clone()
	now := p.clock.Now()
	if err := apply(next, now); err != nil {
		return j.Clone(), err
	}
	p.put(next)
	if heard {
		p.confirm(next.ClaimID, now)
	}
	return next.Clone(), nil
}

// Delete implements [job.Store].
func (s *Store) Delete(ctx context.Context, id string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	p := s.place
	j, err := p.find(id)
	if err != nil {
		return err
	}
	if !j.Status.Terminal() {
		return fmt.Errorf("delete job %s, which is %s: %w", id, j.Status, job.ErrConflict)
	}
	delete(p.jobs, id)
	delete(p.results, id)
	delete(p.order, id)
	return nil
}

// Close implements [job.Store].
func (s *Store) Close() error {
	s.place.mu.Lock()
	first := !s.closed
	s.closed = true
	delete(s.place.open, s)
	s.place.mu.Unlock()
	if first {
		close(s.done)
	}
	<-s.ended
	s.hints.Close()
	return nil
}
