package pgstore

import (
	"context"
	"time"

	"morag/internal/task/column"
)

// Secretive implements [task.Store].
func (s *Store) Secretive(ctx context.Context, before time.Time, n int) ([]string, error) {
	ids, err := s.ids(ctx, `SELECT id FROM task
		WHERE secret_at > 0 AND secret_at < $1 AND notice_at IS NULL ORDER BY secret_at LIMIT $2`, column.Micros(before), n)
	return ids, fault("look for tasks that keep secrets", err)
}
