package pgstore

import (
	"context"
	"fmt"

	"morag/internal/postgres"
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
	where, args := "job_deadline > 0 AND submitted > $1", []any{above, w.PageSize() + 1}
	if w.Late {
		now, err := s.db.Now(ctx)
		if err != nil {
			return nil, "", fault("look for tasks that wait for jobs", err)
		}
		args = append(args, column.Micros(now))
		where += fmt.Sprintf(" AND job_deadline < $%d", len(args))
	}
	if w.FallBack != "" {
		args = append(args, postgres.Text(w.FallBack))
		where += fmt.Sprintf(" AND fall_back <> '' AND fall_back = $%d", len(args))
	}
	all, next, err := s.page(ctx, w.PageSize(), "SELECT "+column.Read+" FROM task WHERE "+where+" ORDER BY submitted LIMIT $2", args...)
	return all, next, fault("look for tasks that wait for jobs", err)
}

// Orphans implements [task.Store].
func (s *Store) Orphans(ctx context.Context, n int) ([]*task.Task, error) {
	all, err := s.many(ctx, "SELECT "+column.Read+" FROM task WHERE orphaned ORDER BY submitted LIMIT $1", n)
	return all, fault("look for tasks whose job may run", err)
}

// Phases implements [task.Store].
func (s *Store) Phases(ctx context.Context, ids []string) (map[string]task.Phase, error) {
	phases, err := s.phases(ctx, ids)
	return phases, fault("look up the phases of tasks", err)
}

func (s *Store) phases(ctx context.Context, ids []string) (map[string]task.Phase, error) {
	rows, err := s.db.Query(ctx, "SELECT id, phase FROM task WHERE id = ANY ($1::text[])", postgres.Texts(ids))
	return sqlrow.Map[string, task.Phase](rows, err)
}
