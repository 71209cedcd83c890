package pgstore

import (
	"context"

	"morag/internal/postgres"
	"morag/internal/task"
	"morag/internal/task/column"
)

// Changes implements [task.Store]. A mark is one of [postgres.Mark].
func (s *Store) Changes(ctx context.Context, after int64, n int) (all []*task.Task, mark int64, err error) {
	const doing = "look for changed tasks"
	if after < 0 {
		mark, err = s.db.Present(ctx)
		return nil, mark, fault(doing, err)
	}
	var marks []int64
	settled, err := s.db.Settled(ctx, func(ctx context.Context) (xids []int64, err error) {
		all, marks, err = s.changed(ctx, after, n)
		for _, mark := range marks {
			xid, _ := postgres.OfMark(mark)
			xids = append(xids, xid)
		}
		return xids, err
	})
	if err != nil {
		return nil, after, fault(doing, err)
	}
	if settled == 0 {
		return nil, after, nil
	}
	return all[:settled], marks[settled-1], nil
}

// changed are up to n tasks that were changed after a mark, each with its own.
func (s *Store) changed(ctx context.Context, after int64, n int) (all []*task.Task, marks []int64, err error) {
	xid, number := postgres.OfMark(after)
	rows, err := s.db.Query(ctx, "SELECT changed_xid, changed_n, "+column.Read+` FROM task
		WHERE (changed_xid, changed_n) > ($1, $2) ORDER BY changed_xid, changed_n LIMIT $3`, xid, number, n)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		t, err := s.decode(func(dest ...any) error { return rows.Scan(append([]any{&xid, &number}, dest...)...) })
		if err != nil {
			return nil, nil, err
		}
		all, marks = append(all, t), append(marks, postgres.Mark(xid, number))
	}
	return all, marks, rows.Err()
}
