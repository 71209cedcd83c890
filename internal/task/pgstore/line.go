package pgstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"morag/internal/postgres"
	"morag/internal/share"
	"morag/internal/sqlrow"
	"morag/internal/task"
	"morag/internal/task/column"
)

// The kinds of lines: what waits in them.
const (
	runs    = "run"
	notices = "notice"
)

// line is what waits of one owner and precedence.
type line struct {
	owner string
	share.Turn
}

// runLines and noticeLines are the lines of a kind with what each has in hand. They go from
// one owner to the next by an index, whatever each has.
const (
	runLines = `WITH RECURSIVE line AS (
			(SELECT precedence, owner FROM task WHERE phase = 'queued' ORDER BY precedence, owner LIMIT 1)
			UNION ALL
			SELECT next.precedence, next.owner FROM line, LATERAL (
				SELECT precedence, owner FROM task WHERE phase = 'queued'
				AND (precedence, owner) > (line.precedence, line.owner) ORDER BY precedence, owner LIMIT 1) AS next)
		SELECT line.precedence, line.owner, coalesce(held.n, 0), coalesce(turn.served, 0) FROM line
		LEFT JOIN (SELECT precedence, owner, count(*) AS n FROM task WHERE phase = 'running' GROUP BY 1, 2) AS held
			ON held.precedence = line.precedence AND held.owner = line.owner
		LEFT JOIN task_turn AS turn ON turn.kind = 'run' AND turn.precedence = line.precedence AND turn.owner = line.owner`
	noticeLines = `WITH RECURSIVE line AS (
			(SELECT owner FROM task WHERE notice_at IS NOT NULL ORDER BY owner LIMIT 1)
			UNION ALL
			SELECT next.owner FROM line, LATERAL (
				SELECT owner FROM task WHERE notice_at IS NOT NULL AND owner > line.owner ORDER BY owner LIMIT 1) AS next)
		SELECT 0::bigint, line.owner, coalesce(held.n, 0), coalesce(turn.served, 0) FROM line
		LEFT JOIN (SELECT owner, count(*) AS n FROM task WHERE notice_holder IS NOT NULL GROUP BY 1) AS held ON held.owner = line.owner
		LEFT JOIN task_turn AS turn ON turn.kind = 'notice' AND turn.precedence = 0 AND turn.owner = line.owner`
)

// lines are those of a query, by whose turn it is.
func (s *Store) lines(ctx context.Context, query string) ([]line, error) {
	rows, err := s.db.Query(ctx, query)
	lines, err := sqlrow.All(rows, err, func(scan sqlrow.Scan) (l line, err error) {
		err = scan(&l.Precedence, &l.owner, &l.Held, &l.Served)
		return l, err
	})
	slices.SortFunc(lines, func(a, b line) int { return cmp.Or(a.Turn.Compare(b.Turn), strings.Compare(a.owner, b.owner)) })
	return lines, err
}

// nextTask locks the task that is claimed next, [task.ErrNotFound] when none may run.
func (s *Store) nextTask(ctx context.Context, now time.Time) (*task.Task, error) {
	lines, err := s.lines(ctx, runLines)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		t, err := s.one(ctx, `phase = 'queued' AND precedence = $1 AND owner = $2 AND (run_at <= $3 OR run_at > $4)
			ORDER BY priority DESC, submitted LIMIT 1 FOR UPDATE SKIP LOCKED`,
			l.Precedence, l.owner, column.Micros(now), column.Micros(now.Add(task.LongestWait)))
		if !errors.Is(err, task.ErrNotFound) {
			return t, err
		}
	}
	return nil, task.ErrNotFound
}

// served notes that a line has had its turn. One that another claim notes at this moment is
// passed over, for it waits for nobody.
func (s *Store) served(ctx context.Context, kind string, precedence int, owner string) error {
	owner = postgres.Text(owner)
	n, err := s.db.Exec(ctx, `UPDATE task_turn SET served = nextval('task_turn_number') WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM task_turn WHERE kind = $1 AND precedence = $2 AND owner = $3 FOR UPDATE SKIP LOCKED))`, kind, precedence, owner)
	if err != nil || n > 0 {
		return err
	}
	_, err = s.db.Exec(ctx, `INSERT INTO task_turn (kind, precedence, owner, served)
		VALUES ($1, $2, $3, nextval('task_turn_number')) ON CONFLICT DO NOTHING`, kind, precedence, owner)
	return err
}
