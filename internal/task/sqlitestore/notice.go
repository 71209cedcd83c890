package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"morag/internal/task"
	"morag/internal/task/column"
)

// ClaimNotices implements [task.Store]. The rule decides; the queries find candidates.
func (s *Store) ClaimNotices(ctx context.Context, deliverer string, busy task.Busy, n int, lease time.Duration) (due []*task.Task, wait time.Duration, err error) {
	wait = task.LongestLook
	if _, err = s.dueNotice(ctx, s.clock(), busy); err == nil {
		err = s.db.Write(ctx, func(ctx context.Context) (err error) {
			due, err = s.takeNotices(ctx, deliverer, busy, n, lease)
			return err
		})
	}
	if err != nil && !errors.Is(err, task.ErrNotFound) {
		return nil, 0, fault("claim notices", err)
	}
	now := s.clock()
	var at sql.NullInt64
	err = s.db.QueryRow(ctx, "SELECT min(notice_at) FROM task INDEXED BY task_notice WHERE notice_at > ?", column.Micros(now)).Scan(&at)
	if err != nil {
		return due, 0, fault("look for the next notice", err)
	}
	if at.Valid {
		wait = min(wait, time.Duration(at.Int64-column.Micros(now))*time.Microsecond)
	}
	return due, wait, nil
}

// takeNotices is ClaimNotices in the transaction of ctx.
func (s *Store) takeNotices(ctx context.Context, deliverer string, busy task.Busy, n int, lease time.Duration) (due []*task.Task, err error) {
	busy = task.Busy{Owners: slices.Clone(busy.Owners), Receivers: slices.Clone(busy.Receivers)}
	for now := s.clock(); len(due) < n; {
		t, err := s.dueNotice(ctx, now, busy)
		if errors.Is(err, task.ErrNotFound) {
			return due, nil
		}
		if err != nil {
			return nil, err
		}
		if err := t.TakeNotice(deliverer, now, lease); err != nil {
			return nil, err
		}
		if err := s.save(ctx, t); err != nil {
			return nil, err
		}
		if err := s.served(ctx, notices, 0, t.Owner); err != nil {
			return nil, err
		}
		due = append(due, t)
		busy.Owners, busy.Receivers = append(busy.Owners, t.Owner), append(busy.Receivers, t.Receiver())
	}
	return due, nil
}

// dueNotice is the task whose notice is told next, [task.ErrNotFound] when none is due. Of
// each line it asks for the past and then for what is too far ahead: a walk along the index,
// in order, which passes over busy receivers without reading their rows.
func (s *Store) dueNotice(ctx context.Context, now time.Time, busy task.Busy) (*task.Task, error) {
	args := []any{column.Micros(now), column.Micros(now.Add(task.LongestNoticeWait))}
	others := func(name string, names []string) (condition string) {
		for _, one := range names { // few
			args = append(args, one)
			condition += fmt.Sprintf(" AND %s <> ?%d", name, len(args))
		}
		return condition
	}
	owners, receivers := others("line.owner", busy.Owners), others("notice_host", busy.Receivers)
	due := func(when string) string {
		return `(SELECT submitted FROM task INDEXED BY task_notice_line
			WHERE owner = line.owner AND notice_at ` + when + receivers + ` ORDER BY notice_at, submitted LIMIT 1)`
	}
	return s.one(ctx, firstOf(notices, owners, "coalesce("+due("<= ?1")+", "+due("> ?2")+")"), args...)
}

// ForsakeNotices implements [task.Store].
func (s *Store) ForsakeNotices(ctx context.Context, deliverer string) error {
	ids, err := s.ids(ctx, "SELECT id FROM task INDEXED BY task_notice_holder WHERE notice_holder = ?", deliverer)
	for _, id := range ids {
		_, failed := s.Update(ctx, id, func(t *task.Task, _ time.Time) error {
			if n := t.Pending(); n != nil && n.HeldBy == deliverer {
				t.ReturnNotice(n.Seq)
			}
			return nil
		})
		if !errors.Is(failed, task.ErrNotFound) {
			err = errors.Join(err, failed)
		}
	}
	return fault("take back the notices of "+deliverer, err)
}
