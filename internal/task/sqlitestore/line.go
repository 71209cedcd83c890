package sqlitestore

import (
	"context"
	"time"

	"morag/internal/task"
)

// The kinds of lines: what waits in them.
const (
	runs    = "run"
	notices = "notice"
)

// nextTask is the task that is claimed next, [task.ErrNotFound] when none may run: it goes
// through the lines in the order of [share.Turn], and through each in its own.
func (s *Store) nextTask(ctx context.Context, now time.Time) (*task.Task, error) {
	// By task_due each line would sort all that are due.
	return s.one(ctx, `rowid = (SELECT (SELECT submitted FROM task INDEXED BY task_queue
			WHERE phase = 'queued' AND precedence = line.precedence AND owner = line.owner AND (run_at <= ?1 OR run_at > ?2)
			ORDER BY priority DESC, submitted LIMIT 1) AS next
		FROM task_line AS line INDEXED BY task_line_turn WHERE kind = 'run' AND waiting > 0 AND next IS NOT NULL
		ORDER BY precedence DESC, held, served, owner LIMIT 1)`,
		micros(now), micros(now.Add(task.LongestWait)))
}

// served notes that a line has had its turn.
func (s *Store) served(ctx context.Context, kind string, precedence int, owner string) error {
	_, err := s.db.Exec(ctx, `UPDATE task_line SET served = 1 + (SELECT max(served) FROM task_line WHERE kind = ?1)
		WHERE kind = ?1 AND precedence = ?2 AND owner = ?3`, kind, precedence, owner)
	return err
}
