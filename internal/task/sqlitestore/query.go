package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"morag/internal/sqlrow"
	"morag/internal/task"
	"morag/internal/task/column"
)

func (s *Store) decode(scan sqlrow.Scan) (*task.Task, error) { return column.Decode(scan, s.sealer) }

// one returns the only task that meets the condition, or [task.ErrNotFound].
func (s *Store) one(ctx context.Context, where string, args ...any) (*task.Task, error) {
	t, err := s.decode(s.db.QueryRow(ctx, "SELECT "+column.Read+" FROM task WHERE "+where, args...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, task.ErrNotFound
	}
	return t, err
}

func (s *Store) many(ctx context.Context, query string, args ...any) ([]*task.Task, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, s.decode)
}

// page returns at most n of the tasks that the query selects, of which it reads no more
// than a page holds, and the cursor of the next page.
func (s *Store) page(ctx context.Context, n int, query string, args ...any) ([]*task.Task, string, error) {
	rows, err := s.db.Query(ctx, query, args...)
	all, more, err := sqlrow.Page(rows, err, s.decode, n, task.PageBytes, (*task.Task).Bytes)
	if !more {
		return all, "", err
	}
	return all, all[len(all)-1].Cursor(), nil
}

// ids returns the ids that the query selects.
func (s *Store) ids(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, sqlrow.Value[string])
}

// Get implements [task.Store].
func (s *Store) Get(ctx context.Context, id string) (*task.Task, error) {
	t, err := s.one(ctx, "id = ?", id)
	return t, fault("get task "+id, err)
}

// List implements [task.Store].
func (s *Store) List(ctx context.Context, f task.Filter) ([]*task.Task, string, error) {
	below, err := f.Below()
	if err != nil {
		return nil, "", err
	}
	query, args := pageQuery(f, below)
	all, next, err := s.page(ctx, f.PageSize(), query, args...)
	return all, next, fault("list tasks", err)
}

// pageQuery is the query for one task more than the page has, which tells whether there
// is another page. Each status is a walk along an index, newest first, and SQLite
// merges them; as one condition it would sort all that meet it.
func pageQuery(f task.Filter, below int64) (query string, args []any) {
	base := "SELECT " + column.Read + " FROM task WHERE submitted < ?"
	own := []any{below}
	if f.Owner != "" {
		base += " AND owner = ?"
		own = append(own, f.Owner)
	}
	if f.Batch != "" {
		base += " AND batch = ?"
		own = append(own, f.Batch)
	}
	if f.Prefix != "" {
		base += " AND id >= ? AND id < ?"
		own = append(own, f.Prefix, f.Prefix+"\x7f") // ids are printable ASCII
	}
	parts := []string{base}
	args = own
	if len(f.Status) > 0 {
		parts, args = nil, nil
		seen := make(map[task.Status]bool)
		for _, st := range f.Status {
			if !seen[st] {
				seen[st] = true
				parts = append(parts, base+" AND status = ?")
				args = append(append(args, own...), string(st))
			}
		}
	}
	query = strings.Join(parts, " UNION ALL ") + " ORDER BY submitted DESC LIMIT ?"
	return query, append(args, f.PageSize()+1)
}
