package sqlitestore

import (
	"context"
	"time"

	"morag/internal/task"
	"morag/internal/task/column"
)

// Secretive implements [task.Store].
func (s *Store) Secretive(ctx context.Context, before time.Time, n int) ([]string, error) {
	ids, err := s.ids(ctx, `SELECT id FROM task INDEXED BY task_secret
		WHERE secret_at > 0 AND secret_at < ? AND notice_at IS NULL ORDER BY secret_at LIMIT ?`, column.Micros(before), n)
	return ids, fault("look for tasks that keep secrets", err)
}

// reseal seals what an earlier program has kept as it was, and leaves nothing of that in
// the file.
func (s *Store) reseal(ctx context.Context) error {
	ids, err := s.ids(ctx, "SELECT id FROM task INDEXED BY task_secret WHERE secret_at = -1")
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, id := range ids {
		if _, err := s.Update(ctx, id, func(t *task.Task, _ time.Time) error { t.Reseal(); return nil }); err != nil {
			return err
		}
	}
	s.db.Scrub(ctx)
	return nil
}
