package sqlitestore

import (
	"context"
	"encoding/json"

	"morag/internal/sqlrow"
	"morag/internal/task"
	"morag/internal/task/column"
)

// WaitingForJobs implements [task.Store]. Each selection walks an index of its own.
func (s *Store) WaitingForJobs(ctx context.Context, w task.Wait) ([]*task.Task, string, error) {
	above, err := w.Above()
	if err != nil {
		return nil, "", err
	}
	where, args := "job_deadline > 0 AND submitted > ?", []any{above}
	if w.Late {
		where += " AND job_deadline < ?"
		args = append(args, column.Micros(s.clock()))
	}
	if w.FallBack != "" {
		where += " AND fall_back <> '' AND fall_back = ?"
		args = append(args, w.FallBack)
	}
	all, next, err := s.page(ctx, w.PageSize(), "SELECT "+column.Read+" FROM task WHERE "+where+" ORDER BY submitted LIMIT ?", append(args, w.PageSize()+1)...)
	return all, next, fault("look for tasks that wait for jobs", err)
}

// Orphans implements [task.Store].
func (s *Store) Orphans(ctx context.Context, n int) ([]*task.Task, error) {
	all, err := s.many(ctx, "SELECT "+column.Read+" FROM task WHERE orphaned = 1 ORDER BY submitted LIMIT ?", n)
	return all, fault("look for tasks whose job may run", err)
}

// Phases implements [task.Store].
func (s *Store) Phases(ctx context.Context, ids []string) (map[string]task.Phase, error) {
	phases, err := s.phases(ctx, ids)
	return phases, fault("look up the phases of tasks", err)
}

func (s *Store) phases(ctx context.Context, ids []string) (map[string]task.Phase, error) {
	asked, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Query(ctx, "SELECT id, phase FROM task WHERE id IN (SELECT value FROM json_each(?))", string(asked))
	return sqlrow.Map[string, task.Phase](rows, err)
}
