package sqlitestore

import (
	"context"
	"time"

	"morag/internal/task"
	"morag/internal/task/column"
)

// The kinds of lines: what waits in them.
const (
	runs    = "run"
	notices = "notice"
)

// firstOf is the condition of the one task that first, a query of a number that may name its
// line's owner and precedence, finds for the line whose turn it is. It goes through the
// lines of a kind in the order of [share.Turn], and no further than it must.
func firstOf(kind, lines, first string) string {
	return `rowid = (SELECT found.submitted FROM task_line AS line INDEXED BY task_line_turn CROSS JOIN task AS found
		WHERE line.kind = '` + kind + `' AND line.waiting > 0 ` + lines + ` AND found.submitted = (` + first + `)
		ORDER BY line.precedence DESC, line.held, line.served, line.owner LIMIT 1)`
}

var nextRun = firstOf(runs, "", `SELECT submitted FROM task INDEXED BY task_queue
	WHERE phase = 'queued' AND precedence = line.precedence AND owner = line.owner AND (run_at <= ?1 OR run_at > ?2)
	ORDER BY priority DESC, submitted LIMIT 1`)

// nextTask is the task that is claimed next, [task.ErrNotFound] when none may run. By
// task_due it would sort, of each line, all that are due.
func (s *Store) nextTask(ctx context.Context, now time.Time) (*task.Task, error) {
	return s.one(ctx, nextRun, column.Micros(now), column.Micros(now.Add(task.LongestWait)))
}

// served notes that a line has had its turn.
func (s *Store) served(ctx context.Context, kind string, precedence int, owner string) error {
	_, err := s.db.Exec(ctx, `UPDATE task_line SET served = 1 + (SELECT max(served) FROM task_line WHERE kind = ?1)
		WHERE kind = ?1 AND precedence = ?2 AND owner = ?3`, kind, precedence, owner)
	return err
}
