package sqlitestore

import (
	"context"

	"morag/internal/task"
	"morag/internal/task/column"
)

// Changes implements [task.Store].
func (s *Store) Changes(ctx context.Context, after int64, n int) ([]*task.Task, int64, error) {
	const doing = "look for changed tasks"
	last := after
	if after < 0 {
		err := s.db.QueryRow(ctx, "SELECT ifnull(max(changed), 0) FROM task").Scan(&last)
		return nil, last, fault(doing, err)
	}
	rows, err := s.db.Query(ctx, "SELECT changed, "+column.Read+" FROM task WHERE changed > ? ORDER BY changed LIMIT ?", after, n)
	if err != nil {
		return nil, after, fault(doing, err)
	}
	defer rows.Close()
	var all []*task.Task
	for rows.Next() {
		t, err := s.decode(func(dest ...any) error { return rows.Scan(append([]any{&last}, dest...)...) })
		if err != nil {
			return nil, after, fault(doing, err)
		}
		all = append(all, t)
	}
	return all, last, fault(doing, rows.Err())
}
