// Package memstore keeps jobs in memory: the plainest thing that is a [job.Store].
// It is for tests, and to read what a store must do. It sorts and counts where a
// real store keeps heaps and counters, and nothing survives it.
package memstore

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"morag/internal/job"
)

// Store is a [job.Store] in memory. Make it with [New].
type Store struct {
	policy job.Policy
	clock  *job.Clock
	wake   chan string
	kick   chan struct{} // tells run that hints or times have changed
	done   chan struct{} // closed by Close
	ended  chan struct{} // closed when run has ended

	mu      sync.Mutex // guards what follows
	closed  bool
	jobs    map[string]*job.Job // without ResultData
	results map[string]json.RawMessage
	created int             // how many jobs were ever created
	order   map[string]int  // by id: which creation it was
	hints   map[string]bool // types that Wake has yet to tell
	seen    time.Time       // openings up to here have become hints
}

var _ job.Store = (*Store)(nil)

// New makes an empty store. A nil now means time.Now. Close ends its goroutine.
func New(p job.Policy, now func() time.Time) *Store {
	s := &Store{
		policy:  p.WithDefaults(),
		clock:   job.NewClock(now, time.Time{}),
		wake:    make(chan string),
		kick:    make(chan struct{}, 1),
		done:    make(chan struct{}),
		ended:   make(chan struct{}),
		jobs:    map[string]*job.Job{},
		results: map[string]json.RawMessage{},
		order:   map[string]int{},
		hints:   map[string]bool{},
	}
	go s.run()
	return s
}

// lock takes the store for one call, unless it is closed or the caller has gone.
// After an error there is nothing to unlock.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return fmt.Errorf("memory store is closed: %w", job.ErrUnavailable)
	}
	return nil
}

// find is the stored job; s is locked.
func (s *Store) find(id string) (*job.Job, error) {
	j, ok := s.jobs[id]
	if !ok {
		return nil, fmt.Errorf("job %s: %w", id, job.ErrNotFound)
	}
	return j, nil
}

// put stores j and tells the waiting; s is locked.
func (s *Store) put(j *job.Job) {
	if j.ResultData != nil {
		s.results[j.ID] = j.ResultData
		j.ResultData = nil
	}
	s.jobs[j.ID] = j
	if j.Status == job.Pending {
		s.hints[j.ContentType] = true
		s.nudge()
	}
}

func (s *Store) nudge() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// Create implements [job.Store].
func (s *Store) Create(ctx context.Context, spec job.Spec) (*job.Job, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if _, taken := s.jobs[spec.ID]; taken {
		return nil, fmt.Errorf("job %s: %w", spec.ID, job.ErrExists)
	}
	j := s.policy.New(spec, s.clock.Now())
	s.created++
	s.order[j.ID] = s.created
	s.put(j)
	return j.Clone(), nil
}

// Get implements [job.Store].
func (s *Store) Get(ctx context.Context, id string) (*job.Job, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	j, err := s.find(id)
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
	defer s.mu.Unlock()
	if _, err := s.find(id); err != nil {
		return nil, err
	}
	return append(json.RawMessage(nil), s.results[id]...), nil
}

// Update implements [job.Store].
func (s *Store) Update(ctx context.Context, id string, c job.Change) (*job.Job, error) {
	return s.change(ctx, id, func(j *job.Job, now time.Time) error {
		c.Now = now
		return s.policy.Apply(j, c)
	})
}

// Alive implements [job.Store].
func (s *Store) Alive(ctx context.Context, id string, b job.Beat) (*job.Job, error) {
	return s.change(ctx, id, func(j *job.Job, now time.Time) error {
		return s.policy.Alive(j, b, now)
	})
}

func (s *Store) change(ctx context.Context, id string, apply func(*job.Job, time.Time) error) (*job.Job, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	j, err := s.find(id)
	if err != nil {
		return nil, err
	}
	next := j.Clone()
	if err := apply(next, s.clock.Now()); err != nil {
		return j.Clone(), err
	}
	s.put(next)
	return next.Clone(), nil
}

// Delete implements [job.Store].
func (s *Store) Delete(ctx context.Context, id string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	j, err := s.find(id)
	if err != nil {
		return err
	}
	if !j.Status.Terminal() {
		return fmt.Errorf("delete job %s, which is %s: %w", id, j.Status, job.ErrConflict)
	}
	delete(s.jobs, id)
	delete(s.results, id)
	delete(s.order, id)
	return nil
}

// Close implements [job.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if first {
		close(s.done)
	}
	<-s.ended
	return nil
}
