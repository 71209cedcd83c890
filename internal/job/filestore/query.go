package filestore

import (
	"context"
	"fmt"
	"time"

	"morag/internal/job"
)

// Due implements [job.Store].
func (s *Store) Due(ctx context.Context, n int) ([]job.Due, time.Duration, error) {
	if err := s.enter(ctx); err != nil {
		return nil, 0, fmt.Errorf("due jobs: %w", err)
	}
	defer s.calls.Done()
	now := micro(s.clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []job.Due
	var taken []*header
	for len(due) < n {
		h := s.index.due.first()
		if h == nil || h.due > now {
			break
		}
		s.index.due.drop(h)
		taken = append(taken, h)
		due = append(due, job.Due{ID: h.id, Event: dueEvents[h.event]})
	}
	wait := time.Minute
	if h := s.index.due.first(); h != nil {
		wait = min(wait, max(0, time.Duration(h.due-now)*time.Microsecond))
	}
	for _, h := range taken {
		s.index.due.set(h)
	}
	return due, wait, nil
}

// Held implements [job.Store].
func (s *Store) Held(ctx context.Context, contentType string) ([]job.Held, error) {
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("held jobs: %w", err)
	}
	defer s.calls.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	var held []job.Held
	for name, k := range s.index.queues {
		if contentType != "" && contentType != name {
			continue
		}
		for h := range k.held {
			held = append(held, job.Held{ID: h.id, ContentType: name, WorkerID: nameOf(h.worker), ClaimedBy: nameOf(h.live.key), Attempt: h.live.attempt})
		}
	}
	return held, nil
}

// Pending implements [job.Store].
func (s *Store) Pending(ctx context.Context, owner string) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, fmt.Errorf("count pending jobs: %w", err)
	}
	defer s.calls.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	if owner != "" {
		return s.index.owners.pending[owner], nil
	}
	return s.index.status[statusIndex(job.Pending)], nil
}

// Stats implements [job.Store].
func (s *Store) Stats(ctx context.Context) (job.Stats, error) {
	if err := s.enter(ctx); err != nil {
		return job.Stats{}, fmt.Errorf("count jobs: %w", err)
	}
	defer s.calls.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.index
	stats := job.Stats{Status: map[job.Status]int{}, Type: map[string]int{}, Depth: map[string]map[job.Status]int{}, Waiting: map[string]job.Waiting{}, Bytes: x.bytes}
	for i, n := range x.status {
		stats.Status[statuses[i]] = n
	}
	for name, k := range x.queues {
		stats.Type[name] = k.jobs
		stats.Depth[name] = map[job.Status]int{}
		for i, n := range k.status {
			if n > 0 {
				stats.Depth[name][statuses[i]] = n
			}
		}
		if oldest := k.waiting.first(); oldest != nil {
			stats.Waiting[name] = job.Waiting{Count: k.waiting.Len(), Oldest: time.UnixMicro(oldest.created).UTC()}
		}
	}
	return stats, nil
}
