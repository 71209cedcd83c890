package sqlitestore

import (
	"context"
	"time"

	"morag/internal/task"
	"morag/internal/task/column"
)

// Backlog implements [task.Store], by indexes of what there is to do.
func (s *Store) Backlog(ctx context.Context) (b task.Backlog, err error) {
	now := column.Micros(s.clock())
	var late, noticeLate int64
	err = s.db.QueryRow(ctx, `SELECT
		(SELECT count(*) FROM task INDEXED BY task_due WHERE phase = 'queued'),
		(SELECT count(*) FROM task INDEXED BY task_running WHERE phase = 'running'),
		(SELECT count(*) FROM task INDEXED BY task_waiting WHERE phase = 'waiting'),
		(SELECT count(*) FROM task INDEXED BY task_notice WHERE notice_at IS NOT NULL),
		max(0, ?1 - coalesce((SELECT min(run_at) FROM task INDEXED BY task_due WHERE phase = 'queued'), ?1)),
		max(0, ?1 - coalesce((SELECT min(notice_at) FROM task INDEXED BY task_notice WHERE notice_at IS NOT NULL), ?1))`,
		now).Scan(&b.Queued, &b.Running, &b.Waiting, &b.Notices, &late, &noticeLate)
	b.Late, b.NoticeLate = time.Duration(late)*time.Microsecond, time.Duration(noticeLate)*time.Microsecond
	return b, fault("look at what there is to do", err)
}
