package pgstore

import (
	"context"
	"time"

	"morag/internal/task"
	"morag/internal/task/column"
)

// Backlog implements [task.Store], by indexes of what there is to do.
func (s *Store) Backlog(ctx context.Context) (b task.Backlog, err error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return b, fault("look at what there is to do", err)
	}
	var late, noticeLate int64
	err = s.db.QueryRow(ctx, `SELECT
		(SELECT count(*) FROM task WHERE phase = 'queued'),
		(SELECT count(*) FROM task WHERE phase = 'running'),
		(SELECT count(*) FROM task WHERE job_deadline > 0) + (SELECT count(*) FROM task WHERE phase = 'waiting' AND remote_job_id IS NULL),
		(SELECT count(*) FROM task WHERE notice_at IS NOT NULL),
		greatest(0, $1::bigint - (SELECT min(run_at) FROM task WHERE phase = 'queued')),
		greatest(0, $1::bigint - (SELECT min(notice_at) FROM task WHERE notice_at IS NOT NULL))`,
		column.Micros(now)).Scan(&b.Queued, &b.Running, &b.Waiting, &b.Notices, &late, &noticeLate)
	b.Late, b.NoticeLate = time.Duration(late)*time.Microsecond, time.Duration(noticeLate)*time.Microsecond
	return b, fault("look at what there is to do", err)
}
