package pgstore

import (
	"context"
	"errors"
	"slices"
	"time"

	"morag/internal/postgres"
	"morag/internal/task"
	"morag/internal/task/column"
)

// ClaimNotices implements [task.Store]. The rule decides; the queries find candidates.
func (s *Store) ClaimNotices(ctx context.Context, deliverer string, busy task.Busy, n int, lease time.Duration) (due []*task.Task, wait time.Duration, err error) {
	wait = task.LongestLook
	err = s.db.Write(ctx, func(ctx context.Context) (err error) {
		due, err = s.takeNotices(ctx, deliverer, busy, n, lease)
		return err
	})
	if err != nil {
		return nil, 0, fault("claim notices", err)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return due, 0, fault("look for the next notice", err)
	}
	var at *int64
	err = s.db.QueryRow(ctx, "SELECT min(notice_at) FROM task WHERE notice_at > $1", column.Micros(now)).Scan(&at)
	if err != nil {
		return due, 0, fault("look for the next notice", err)
	}
	if at != nil {
		wait = min(wait, time.Duration(*at-column.Micros(now))*time.Microsecond)
	}
	return due, wait, nil
}

// takeNotices is ClaimNotices in the transaction of ctx.
func (s *Store) takeNotices(ctx context.Context, deliverer string, busy task.Busy, n int, lease time.Duration) (due []*task.Task, err error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := s.lines(ctx, noticeLines)
	if err != nil {
		return nil, err
	}
	receivers := slices.Clone(busy.Receivers)
	for _, l := range lines { // one of each owner
		if len(due) >= n {
			break
		}
		if slices.Contains(busy.Owners, l.owner) {
			continue
		}
		t, err := s.dueNotice(ctx, now, l.owner, receivers)
		if errors.Is(err, task.ErrNotFound) {
			continue
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
		due, receivers = append(due, t), append(receivers, t.Receiver())
	}
	return due, nil
}

// dueNotice locks the task of the owner whose notice is told next, [task.ErrNotFound] when
// none is due: of the past, and then of what is too far ahead.
func (s *Store) dueNotice(ctx context.Context, now time.Time, owner string, receivers []string) (*task.Task, error) {
	t, err := s.dueAt(ctx, "<=", now, owner, receivers)
	if !errors.Is(err, task.ErrNotFound) {
		return t, err
	}
	return s.dueAt(ctx, ">", now.Add(task.LongestNoticeWait), owner, receivers)
}

func (s *Store) dueAt(ctx context.Context, when string, at time.Time, owner string, receivers []string) (*task.Task, error) {
	return s.one(ctx, "owner = $1 AND notice_at "+when+` $2 AND notice_host <> ALL ($3::text[])
		ORDER BY notice_at, submitted LIMIT 1 FOR UPDATE SKIP LOCKED`, owner, column.Micros(at), postgres.Texts(receivers))
}

// ForsakeNotices implements [task.Store].
func (s *Store) ForsakeNotices(ctx context.Context, deliverer string) error {
	ids, err := s.ids(ctx, "SELECT id FROM task WHERE notice_holder = $1 ORDER BY submitted", postgres.Text(deliverer))
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
