package pgstore

import (
	"context"
	"errors"
	"fmt"

	"morag/internal/job"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// trail is how many changes are known at least.
const trail = 4096

// changed is a change of a job.
type changed struct {
	xid, n int64
	id     string
}

func (c changed) mark() int64 { return postgres.Mark(c.xid, c.n) }

// Changes implements [job.Store].
func (s *Store) Changes(ctx context.Context, after int64, n int) ([]*job.Job, int64, error) {
	ctx, err := s.enter(ctx)
	if err != nil {
		return nil, after, err
	}
	defer s.calls.Done()
	const doing = "look for changed jobs"
	if after < 0 {
		mark, err := s.db.Present(ctx)
		return nil, mark, fault(doing, err)
	}
	if err := s.known(ctx, after); err != nil {
		return nil, after, fault(doing, err)
	}
	all, err := s.settled(ctx, after)
	if err != nil {
		return nil, after, fault(doing, err)
	}
	newest := make(map[string]int64, len(all))
	for _, c := range all {
		newest[c.id] = c.mark()
	}
	var jobs []*job.Job
	next, told := after, 0
	for _, c := range all {
		if told >= n {
			break
		}
		next = c.mark()
		if newest[c.id] != next {
			continue
		}
		told++
		j, err := s.find(ctx, c.id)
		if errors.Is(err, job.ErrNotFound) {
			continue // it was removed since
		}
		if err != nil {
			return nil, after, fault(doing, err)
		}
		jobs = append(jobs, j)
	}
	return jobs, next, nil
}

// known is nil when all changes after the mark are known.
func (s *Store) known(ctx context.Context, mark int64) error {
	xid, n := postgres.OfMark(mark)
	var dropped, next int64
	var there bool
	err := s.db.QueryRow(ctx, `SELECT xid, pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
		EXISTS (SELECT 1 FROM job_change WHERE xid = $1 AND n = $2) FROM job_change_dropped`, xid, n).Scan(&dropped, &next, &there)
	if err != nil {
		return err
	}
	if xid < dropped || xid >= next || n != postgres.WholeTransaction && !there {
		return fmt.Errorf("mark %d: %w", mark, job.ErrCursor)
	}
	return nil
}

// settled are the changes after a mark to which none before them can be added any more.
func (s *Store) settled(ctx context.Context, mark int64) (all []changed, err error) {
	n, err := s.db.Settled(ctx, func(ctx context.Context) (xids []int64, err error) {
		all, err = s.after(ctx, mark)
		for _, c := range all {
			xids = append(xids, c.xid)
		}
		return xids, err
	})
	return all[:n], err
}

func (s *Store) after(ctx context.Context, mark int64) (all []changed, err error) {
	xid, n := postgres.OfMark(mark)
	rows, err := s.db.Query(ctx, "SELECT xid, n, id FROM job_change WHERE (xid, n) > ($1, $2) ORDER BY xid, n LIMIT $3", xid, n, 2*trail)
	return sqlrow.All(rows, err, func(scan sqlrow.Scan) (c changed, err error) {
		err = scan(&c.xid, &c.n, &c.id)
		return c, err
	})
}

// drop forgets the oldest changes.
func (s *Store) drop(ctx context.Context) error {
	return s.db.Write(ctx, func(ctx context.Context) error {
		var xid int64
		err := s.db.QueryRow(ctx, "SELECT xid FROM job_change ORDER BY xid DESC, n DESC OFFSET $1 LIMIT 1", trail).Scan(&xid)
		if errors.Is(err, postgres.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, "DELETE FROM job_change WHERE xid < $1", xid); err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, "UPDATE job_change_dropped SET xid = greatest(xid, $1)", xid)
		return err
	})
}

// restored forgets the changes of another cluster, whose transactions had other numbers:
// the database was restored from a dump.
func (s *Store) restored(ctx context.Context) error {
	return s.db.Write(ctx, func(ctx context.Context) error {
		for _, table := range []string{"job_change", "job_change_dropped"} {
			change := "DELETE FROM job_change WHERE"
			if table == "job_change_dropped" {
				change = "UPDATE job_change_dropped SET xid = 0 WHERE"
			}
			if _, err := s.db.Exec(ctx, change+" xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint"); err != nil {
				return err
			}
		}
		return nil
	})
}
