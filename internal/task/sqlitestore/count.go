package sqlitestore

import (
	"context"
	"strings"

	"morag/internal/sqlrow"
	"morag/internal/task"
)

// Count implements [task.Store].
func (s *Store) Count(ctx context.Context, owner string, of ...task.Status) (map[task.Status]int, error) {
	var conditions []string
	var args []any
	if owner != "" {
		conditions, args = append(conditions, "owner = ?"), append(args, owner)
	}
	if len(of) > 0 {
		conditions = append(conditions, "status IN (?"+strings.Repeat(", ?", len(of)-1)+")")
		for _, status := range of {
			args = append(args, string(status))
		}
	}
	where := ""
	if len(conditions) > 0 {
		where = "WHERE " + strings.Join(conditions, " AND ")
	}
	counts, err := s.count(ctx, where, args...)
	return counts, fault("count tasks", err)
}

// CountItems implements [task.Store].
func (s *Store) CountItems(ctx context.Context, batch string) (map[task.Status]int, error) {
	counts, err := s.count(ctx, "WHERE batch = ?", batch)
	return counts, fault("count the items of batch "+batch, err)
}

func (s *Store) count(ctx context.Context, where string, args ...any) (map[task.Status]int, error) {
	rows, err := s.db.Query(ctx, "SELECT status, count(*) FROM task "+where+" GROUP BY status", args...)
	return sqlrow.Map[task.Status, int](rows, err)
}

// Ripe implements [task.Store]. Each batch that waits costs two looks into the index.
func (s *Store) Ripe(ctx context.Context, n int) ([]string, error) {
	ids, err := s.ids(ctx, `SELECT id FROM task AS whole WHERE phase = 'waiting' AND remote_job_id IS NULL AND NOT EXISTS (
		SELECT 1 FROM task INDEXED BY task_batch WHERE batch = whole.id AND status IN (?, ?)) ORDER BY submitted LIMIT ?`,
		task.Pending, task.Progress, n)
	return ids, fault("look for batches that are over", err)
}
