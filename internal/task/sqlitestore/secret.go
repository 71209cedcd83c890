package sqlitestore

import (
	"context"
	"database/sql"
	"time"

	"morag/internal/task"
)

// secretAt is when a task that keeps secrets ended, 0 while it has not, NULL of one that
// keeps none.
func secretAt(t *task.Task) sql.NullInt64 {
	if !t.Secretive() {
		return sql.NullInt64{}
	}
	if t.Phase != task.Ended {
		return sql.NullInt64{Valid: true}
	}
	return sql.NullInt64{Int64: max(micros(t.CompletedAt), 1), Valid: true}
}

// Secretive implements [task.Store].
func (s *Store) Secretive(ctx context.Context, before time.Time, n int) ([]string, error) {
	ids, err := s.ids(ctx, `SELECT id FROM task INDEXED BY task_secret
		WHERE secret_at > 0 AND secret_at < ? AND notice_at IS NULL ORDER BY secret_at LIMIT ?`, micros(before), n)
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
