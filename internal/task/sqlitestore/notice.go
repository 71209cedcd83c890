package sqlitestore

import (
	"context"
	"database/sql"
	"time"

	"morag/internal/task"
)

// noticeAt and noticeHost are the columns of a task's pending notice, NULL without one.
func noticeAt(t *task.Task) sql.NullInt64 {
	n := t.Pending()
	if n == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: micros(n.NextAt), Valid: true}
}

func noticeHost(t *task.Task) sql.NullString {
	if t.Pending() == nil {
		return sql.NullString{}
	}
	return sql.NullString{String: t.Options.Webhook.Host(), Valid: true}
}

// Notices implements [task.Store].
func (s *Store) Notices(ctx context.Context, busy []string, n int) (due []*task.Task, next time.Time, err error) {
	now := s.clock()
	beyond := now.Add(task.LongestNoticeWait)
	query, args := dueNotices(now, beyond, busy, n)
	if due, err = s.many(ctx, query, args...); err != nil {
		return nil, time.Time{}, fault("look for due notices", err)
	}
	var at sql.NullInt64
	err = s.db.QueryRow(ctx, `SELECT min(notice_at) FROM task INDEXED BY task_notice
		WHERE notice_at > ? AND notice_at <= ?`, micros(now), micros(beyond)).Scan(&at)
	if err != nil || !at.Valid {
		return due, time.Time{}, fault("look for the next notice", err)
	}
	return due, time.UnixMicro(at.Int64).UTC(), nil
}

// dueNotices asks for the past and for what is too far ahead. Each is a walk along the
// index, in order, which SQLite merges; rows are read for what is answered alone.
func dueNotices(now, beyond time.Time, busy []string, n int) (query string, args []any) {
	walk := func(condition string, at time.Time) string {
		args = append(args, micros(at))
		for _, host := range busy { // few, and the walk passes over them
			condition += " AND notice_host <> ?"
			args = append(args, host)
		}
		return "SELECT notice_at, submitted FROM task INDEXED BY task_notice WHERE " + condition
	}
	due := walk("notice_at <= ?", now) + " UNION ALL " + walk("notice_at > ?", beyond) + " ORDER BY notice_at, submitted LIMIT ?"
	query = "SELECT task.submitted, lease_until, done, message, body FROM (" + due + ") AS due JOIN task USING (submitted) ORDER BY due.notice_at, due.submitted"
	return query, append(args, n)
}

// CountNotices implements [task.Store].
func (s *Store) CountNotices(ctx context.Context) (n int, err error) {
	err = s.db.QueryRow(ctx, "SELECT count(*) FROM task INDEXED BY task_notice WHERE notice_at IS NOT NULL").Scan(&n)
	return n, fault("count notices", err)
}
