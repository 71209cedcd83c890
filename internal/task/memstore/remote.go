package memstore

import (
	"context"

	"morag/internal/task"
)

// WaitingForJobs implements [task.Store].
func (s *Store) WaitingForJobs(_ context.Context, w task.Wait) ([]*task.Task, string, error) {
	above, err := w.Above()
	if err != nil {
		return nil, "", err
	}
	now := s.now()
	all := s.where(func(t *task.Task) bool {
		return t.WaitsForJob() && t.Submitted > above &&
			(!w.Late || t.Remote.Deadline.Before(now)) &&
			(w.FallBack == "" || t.FallsBack() && t.JobType() == w.FallBack)
	})
	all, next := task.Page(all, w.PageSize())
	return all, next, nil
}

// Orphans implements [task.Store].
func (s *Store) Orphans(_ context.Context, n int) ([]*task.Task, error) {
	all := s.where((*task.Task).Orphaned)
	return all[:min(n, len(all))], nil
}

// Phases implements [task.Store].
func (s *Store) Phases(_ context.Context, ids []string) (map[string]task.Phase, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	phases := map[string]task.Phase{}
	for _, id := range ids {
		if t, err := s.find(id); err == nil {
			phases[id] = t.Phase
		}
	}
	return phases, nil
}
