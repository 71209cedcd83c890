package memstore

import (
	"context"
	"slices"
	"time"

	"morag/internal/task"
)

// Secretive implements [task.Store].
func (s *Store) Secretive(_ context.Context, before time.Time, n int) ([]string, error) {
	all := s.where(func(t *task.Task) bool {
		return t.Phase == task.Ended && t.Secretive() && t.Pending() == nil && t.CompletedAt.Before(before)
	})
	slices.SortStableFunc(all, func(a, b *task.Task) int { return a.CompletedAt.Compare(b.CompletedAt) })
	var ids []string
	for _, t := range all[:min(n, len(all))] {
		ids = append(ids, t.ID)
	}
	return ids, nil
}
