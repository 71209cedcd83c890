// Package memstore keeps workers in memory: the plainest thing that is a [fleet.Store].
// It is for tests, and to read what a store must do.
package memstore

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"morag/internal/fleet"
)

// Store is a [fleet.Store] in memory. Any number of services may share it.
type Store struct {
	limits fleet.Limits
	now    func() time.Time
	signal fleet.Signal

	mu      sync.Mutex // guards what follows
	workers map[string]fleet.Worker
	servers map[string]time.Time // when each was last heard of
	up      fleet.Up
}

var _ fleet.Store = (*Store)(nil)

// New makes an empty store. A nil now means time.Now.
func New(l fleet.Limits, now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{limits: l.WithDefaults(), now: now, workers: map[string]fleet.Worker{}, servers: map[string]time.Time{}}
}

// full is [fleet.Limits.Full] for a worker of the key; s is locked.
func (s *Store) full(key string) (full, share bool) {
	ofKey := 0
	for _, w := range s.workers {
		if w.Key == key {
			ofKey++
		}
	}
	return s.limits.Full(key, len(s.workers), ofKey)
}

// Add implements [fleet.Store].
func (s *Store) Add(_ context.Context, w fleet.Worker) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.workers[w.ID]; known {
		return fmt.Errorf("add worker %s: %w", w.ID, fleet.ErrExists)
	}
	if full, _ := s.full(w.Key); full {
		return fmt.Errorf("add worker %s: %w", w.ID, fleet.ErrFull)
	}
	w.LastSeen = s.now()
	s.workers[w.ID] = clone(w)
	return nil
}

// Evict implements [fleet.Store].
func (s *Store) Evict(_ context.Context, key string, keep []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	full, share := s.full(key)
	if !full {
		return nil
	}
	var oldest *fleet.Worker
	for _, w := range s.workers {
		if w.Drained || slices.Contains(keep, w.ID) || share && w.Key != key {
			continue
		}
		if oldest == nil || w.LastSeen.Before(oldest.LastSeen) {
			oldest = &w
		}
	}
	if oldest == nil {
		return fmt.Errorf("make room for a worker: %w", fleet.ErrFull)
	}
	delete(s.workers, oldest.ID)
	return nil
}

// Find implements [fleet.Store].
func (s *Store) Find(_ context.Context, ids ...string) (map[string]fleet.Worker, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]fleet.Worker{}
	for _, id := range ids {
		if w, known := s.workers[id]; known {
			found[id] = clone(w)
		}
	}
	return found, s.now(), nil
}

// Own implements [fleet.Store].
func (s *Store) Own(_ context.Context, id, key, was string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, known := s.workers[id]
	switch {
	case !known:
		return fmt.Errorf("own worker %s: %w", id, fleet.ErrNotFound)
	case w.Key != was:
		return fmt.Errorf("own worker %s: %w", id, fleet.ErrTaken)
	}
	w.Key = key
	s.workers[id] = w
	return nil
}

// Update implements [fleet.Store].
func (s *Store) Update(_ context.Context, id string, rule func(w *fleet.Worker, now time.Time)) (fleet.Worker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, known := s.workers[id]
	if !known {
		return fleet.Worker{}, fmt.Errorf("change worker %s: %w", id, fleet.ErrNotFound)
	}
	w, now := clone(before), s.now()
	rule(&w, now)
	s.workers[id] = clone(w)
	if w.MayWork(now) && !before.MayWork(now) {
		s.signal.Tell()
	}
	return w, nil
}

// See implements [fleet.Store].
func (s *Store) See(_ context.Context, sightings []fleet.Sighting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, sighting := range sightings {
		w, known := s.workers[sighting.ID]
		if full, _ := s.full(""); !known && (!sighting.New || full) {
			continue
		}
		w.ID = sighting.ID
		w.See(sighting, now)
		s.workers[w.ID] = clone(w)
	}
	return nil
}

// List implements [fleet.Store].
func (s *Store) List(_ context.Context, p fleet.Page) (workers []fleet.Worker, next string, err error) {
	from, err := fleet.ParseCursor(p.Cursor)
	if err != nil {
		return nil, "", fmt.Errorf("list workers: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.workers {
		if from.Before(fleet.After(&w)) {
			workers = append(workers, clone(w))
		}
	}
	slices.SortFunc(workers, func(a, b fleet.Worker) int {
		if fleet.After(&a).Before(fleet.After(&b)) {
			return -1
		}
		return 1
	})
	if p.Limit > 0 && len(workers) > p.Limit {
		workers = workers[:p.Limit]
		next = fleet.After(&workers[p.Limit-1]).String()
	}
	return workers, next, nil
}

// Any implements [fleet.Store].
func (s *Store) Any(_ context.Context, f fleet.Filter) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, w := range s.workers {
		if f.Matches(&w, now) {
			return true, nil
		}
	}
	return false, nil
}

// Count implements [fleet.Store].
func (s *Store) Count(context.Context) (map[fleet.State]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := map[fleet.State]int{}
	for _, w := range s.workers {
		counts[w.State(s.now())]++
	}
	return counts, nil
}

// Wake implements [fleet.Store].
func (s *Store) Wake(ctx context.Context) <-chan struct{} { return s.signal.Read(ctx) }

// Start implements [fleet.Store].
func (s *Store) Start(_ context.Context, server string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, alone := s.now(), true
	for other, heard := range s.servers {
		alone = alone && (other == server || now.Sub(heard) >= fleet.Gap)
	}
	s.servers[server] = now
	s.up = s.up.Start(alone, now)
	return nil
}

// Beat implements [fleet.Store].
func (s *Store) Beat(_ context.Context, server string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.servers[server] = now
	s.up = s.up.Renew(now)
	return nil
}

// Leave implements [fleet.Store].
func (s *Store) Leave(_ context.Context, server string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.servers, server)
	return nil
}

// UpSince implements [fleet.Store].
func (s *Store) UpSince(context.Context) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.up.At(s.now()), nil
}

// clone is a copy that shares nothing with w.
func clone(w fleet.Worker) fleet.Worker {
	w.Types, w.Failing = slices.Clone(w.Types), slices.Clone(w.Failing)
	return w
}
