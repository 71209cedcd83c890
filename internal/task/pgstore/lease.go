package pgstore

import (
	"context"
	"time"

	"morag/internal/postgres"
	"morag/internal/sqlrow"
	"morag/internal/task"
	"morag/internal/task/column"
)

// Renew implements [task.Store]. A row that another transaction has locked is being changed
// by the run itself or by who ends it, and is passed over: whether it is lost is asked of
// what was committed.
func (s *Store) Renew(ctx context.Context, lease time.Duration, runs []task.Run) (lost []task.Run, err error) {
	if len(runs) == 0 {
		return nil, nil
	}
	ids, attempts := make([]string, len(runs)), make([]int, len(runs))
	done, messages := make([]float64, len(runs)), make([]string, len(runs))
	for i, r := range runs {
		ids[i], attempts[i], done[i], messages[i] = postgres.Text(r.TaskID), r.Attempt, r.Done, postgres.Text(r.Message)
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, `UPDATE task SET
				lease_until = CASE WHEN task.lease_until > $6 THEN $5 ELSE greatest(task.lease_until, $5) END,
				done = CASE WHEN run.message = '' THEN task.done ELSE run.done END,
				message = CASE WHEN run.message = '' THEN task.message ELSE run.message END
			FROM unnest($1::text[], $2::bigint[], $3::double precision[], $4::text[]) AS run (id, attempt, done, message)
			WHERE task.id = run.id AND task.phase = 'running' AND task.attempt = run.attempt AND task.submitted = ANY (ARRAY(
				SELECT submitted FROM task WHERE id = ANY ($1::text[]) AND phase = 'running' ORDER BY submitted FOR UPDATE SKIP LOCKED))`,
			ids, attempts, done, messages, column.Micros(now.Add(lease)), column.Micros(now.Add(task.LongestLease)))
		if err != nil {
			return err
		}
		lost, err = s.lost(ctx, ids, runs)
		return err
	})
	return lost, fault("renew leases", err)
}

// lost are those of the runs that do not hold their task any more.
func (s *Store) lost(ctx context.Context, ids []string, runs []task.Run) ([]task.Run, error) {
	rows, err := s.db.Query(ctx, "SELECT id, attempt FROM task WHERE id = ANY ($1::text[]) AND phase = 'running'", ids)
	holds, err := sqlrow.Map[string, int](rows, err)
	if err != nil {
		return nil, err
	}
	var lost []task.Run
	for i, r := range runs {
		if attempt, ok := holds[ids[i]]; !ok || attempt != r.Attempt {
			lost = append(lost, r)
		}
	}
	return lost, nil
}

// Forsake implements [task.Store].
func (s *Store) Forsake(ctx context.Context, runner string) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, `UPDATE task SET lease_until = $1 WHERE submitted = ANY (ARRAY(
			SELECT submitted FROM task WHERE phase = 'running' AND runner = $2 AND lease_until > $1 ORDER BY submitted FOR UPDATE))`,
			column.Micros(now), postgres.Text(runner))
		return err
	})
	return fault("end the leases of "+runner, err)
}

// Lost implements [task.Store].
func (s *Store) Lost(ctx context.Context) ([]string, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, fault("look for lost tasks", err)
	}
	ids, err := s.ids(ctx, `SELECT id FROM task
		WHERE phase = 'running' AND (lease_until <= $1 OR lease_until > $2) ORDER BY submitted`, column.Micros(now), column.Micros(now.Add(task.LongestLease)))
	return ids, fault("look for lost tasks", err)
}

// NextRun implements [task.Store].
func (s *Store) NextRun(ctx context.Context) (time.Duration, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return 0, fault("look for the next task", err)
	}
	next, last := column.Micros(now.Add(task.LongestLook)), int64(0)
	err = s.db.QueryRow(ctx, `SELECT
		coalesce((SELECT min(run_at) FROM task WHERE phase = 'queued'), $1),
		coalesce((SELECT max(run_at) FROM task WHERE phase = 'queued'), 0)`, next).Scan(&next, &last)
	if err != nil {
		return 0, fault("look for the next task", err)
	}
	if last > column.Micros(now.Add(task.LongestWait)) {
		return 0, nil
	}
	return min(max(time.Duration(next-column.Micros(now))*time.Microsecond, 0), task.LongestLook), nil
}
