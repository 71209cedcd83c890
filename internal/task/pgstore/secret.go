package pgstore

import (
	"context"
	"time"

	"morag/internal/task"
)

// secretAt is when a task that keeps secrets ended, 0 while it has not, NULL of one that
// keeps none.
func secretAt(t *task.Task) *int64 {
	if !t.Secretive() {
		return nil
	}
	at := int64(0)
	if t.Phase == task.Ended {
		at = max(micros(t.CompletedAt), 1)
	}
	return &at
}

// Secretive implements [task.Store].
func (s *Store) Secretive(ctx context.Context, before time.Time, n int) ([]string, error) {
	ids, err := s.ids(ctx, `SELECT id FROM task
		WHERE secret_at > 0 AND secret_at < $1 AND notice_at IS NULL ORDER BY secret_at LIMIT $2`, micros(before), n)
	return ids, fault("look for tasks that keep secrets", err)
}
