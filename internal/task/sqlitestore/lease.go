package sqlitestore

import (
	"context"
	"time"

	"morag/internal/task"
	"morag/internal/task/column"
)

// Renew implements [task.Store].
func (s *Store) Renew(ctx context.Context, lease time.Duration, runs []task.Run) (lost []task.Run, err error) {
	if len(runs) == 0 {
		return nil, nil
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		lost = nil
		now := s.clock()
		until, beyond := column.Micros(now.Add(lease)), column.Micros(now.Add(task.LongestLease))
		for _, r := range runs {
			done, err := s.db.Exec(ctx, `UPDATE task SET lease_until = iif(lease_until > ?6, ?1, max(lease_until, ?1)),
				done = iif(?2 = '', done, ?3), message = iif(?2 = '', message, ?2)
				WHERE id = ?4 AND phase = 'running' AND attempt = ?5`, until, r.Message, r.Done, r.TaskID, r.Attempt, beyond)
			if err != nil {
				return err
			}
			if n, err := done.RowsAffected(); err != nil {
				return err
			} else if n == 0 {
				lost = append(lost, r)
			}
		}
		return nil
	})
	return lost, fault("renew leases", err)
}

// Forsake implements [task.Store].
func (s *Store) Forsake(ctx context.Context, runner string) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `UPDATE task SET lease_until = ?1
			WHERE phase = 'running' AND runner = ?2 AND lease_until > ?1`, column.Micros(s.clock()), runner)
		return err
	})
	return fault("end the leases of "+runner, err)
}

// Lost implements [task.Store].
func (s *Store) Lost(ctx context.Context) ([]string, error) {
	now := s.clock()
	ids, err := s.ids(ctx, `SELECT id FROM task INDEXED BY task_running
		WHERE phase = 'running' AND (lease_until <= ? OR lease_until > ?) ORDER BY submitted`, column.Micros(now), column.Micros(now.Add(task.LongestLease)))
	return ids, fault("look for lost tasks", err)
}

// NextRun implements [task.Store].
func (s *Store) NextRun(ctx context.Context) (time.Duration, error) {
	now := s.clock()
	next, last := column.Micros(now.Add(task.LongestLook)), int64(0)
	err := s.db.QueryRow(ctx, `SELECT
		ifnull((SELECT min(run_at) FROM task INDEXED BY task_due WHERE phase = 'queued'), ?1),
		ifnull((SELECT max(run_at) FROM task INDEXED BY task_due WHERE phase = 'queued'), 0)`, next).Scan(&next, &last)
	if err != nil {
		return 0, fault("look for the next task", err)
	}
	if last > column.Micros(now.Add(task.LongestWait)) {
		return 0, nil
	}
	return min(max(time.Duration(next-column.Micros(now))*time.Microsecond, 0), task.LongestLook), nil
}
