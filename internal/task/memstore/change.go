package memstore

import (
	"context"
	"maps"
	"slices"

	"morag/internal/task"
)

// change is the last change of a task: its number, and the revision that came of it.
type change struct {
	number   int64
	revision int64
}

// note gives what has changed since it was called last a number. mu is held.
func (s *Store) note() {
	last := s.lastChange()
	for _, t := range s.tasks {
		if s.changes[t.ID].revision != t.Revision {
			last++
			s.changes[t.ID] = change{last, t.Revision}
		}
	}
}

func (s *Store) lastChange() (last int64) {
	for c := range maps.Values(s.changes) {
		last = max(last, c.number)
	}
	return last
}

// Changes implements [task.Store].
func (s *Store) Changes(_ context.Context, after int64, n int) ([]*task.Task, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if after < 0 {
		return nil, s.lastChange(), nil
	}
	var all []*task.Task
	for _, t := range s.tasks {
		if s.changes[t.ID].number > after {
			all = append(all, t.Clone())
		}
	}
	slices.SortFunc(all, func(a, b *task.Task) int { return int(s.changes[a.ID].number - s.changes[b.ID].number) })
	if all = all[:min(n, len(all))]; len(all) > 0 {
		after = s.changes[all[len(all)-1].ID].number
	}
	return all, after, nil
}
