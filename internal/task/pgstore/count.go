package pgstore

import (
	"context"

	"morag/internal/postgres"
	"morag/internal/sqlrow"
	"morag/internal/task"
)

// Count implements [task.Store].
func (s *Store) Count(ctx context.Context, owner string, of ...task.Status) (map[task.Status]int, error) {
	statuses := make([]string, len(of))
	for i, status := range of {
		statuses[i] = postgres.Text(string(status))
	}
	counts, err := s.count(ctx, "($1 = '' OR owner = $1) AND (cardinality($2::text[]) = 0 OR status = ANY ($2::text[]))", postgres.Text(owner), statuses)
	return counts, fault("count tasks", err)
}

// CountItems implements [task.Store].
func (s *Store) CountItems(ctx context.Context, batch string) (map[task.Status]int, error) {
	counts, err := s.count(ctx, "batch = $1", postgres.Text(batch))
	return counts, fault("count the items of batch "+batch, err)
}

func (s *Store) count(ctx context.Context, where string, args ...any) (map[task.Status]int, error) {
	rows, err := s.db.Query(ctx, "SELECT status, count(*) FROM task WHERE "+where+" GROUP BY status", args...)
	return sqlrow.Map[task.Status, int](rows, err)
}

// Ripe implements [task.Store]. Each batch that waits costs two looks into the index.
func (s *Store) Ripe(ctx context.Context, n int) ([]string, error) {
	ids, err := s.ids(ctx, `SELECT id FROM task AS whole WHERE phase = 'waiting' AND remote_job_id IS NULL AND NOT EXISTS (
		SELECT 1 FROM task WHERE batch = whole.id AND status IN ($1, $2)) ORDER BY submitted LIMIT $3`,
		string(task.Pending), string(task.Progress), n)
	return ids, fault("look for batches that are over", err)
}
