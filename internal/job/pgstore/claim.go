package pgstore

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"morag/internal/job"
	"morag/internal/postgres"
	"morag/internal/share"
	"morag/internal/sqlrow"
)

// line is what is ready of one owner and precedence.
type line struct {
	owner string
	share.Turn
	queue []*job.Job // locked
	empty bool       // no more is to be had
	had   bool       // its turn, in this claim
}

func (l *line) compare(other *line) int {
	return cmp.Or(l.Turn.Compare(other.Turn), strings.Compare(l.owner, other.owner))
}

// Claim implements [job.Store].
func (s *Store) Claim(ctx context.Context, claimant job.Claimant, types []string, n int) ([]*job.Job, error) {
	ctx, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.calls.Done()
	if claimant.WorkerID == "" || n <= 0 || len(types) == 0 {
		return nil, nil
	}
	asked := make([]string, 0, len(types))
	for _, t := range types {
		asked = append(asked, postgres.Text(t))
	}
	slices.Sort(asked)
	asked = slices.Compact(asked)
	var claimed []*job.Job
	err = s.db.Write(ctx, func(ctx context.Context) error {
		claimed, err = s.claim(ctx, claimant, asked, n)
		return err
	})
	if err != nil {
		return nil, fault("claim for "+claimant.WorkerID, err)
	}
	return claimed, nil
}

// claim is Claim in the transaction of ctx.
func (s *Store) claim(ctx context.Context, claimant job.Claimant, types []string, n int) ([]*job.Job, error) {
	c, err := s.start(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.ripen(ctx, c.now); err != nil {
		return nil, err
	}
	lines, err := s.lines(ctx, types)
	if err != nil {
		return nil, err
	}
	number, err := s.number(ctx, lines)
	if err != nil {
		return nil, err
	}
	together := uuid.NewString()
	var claimed []*job.Job
	for seen := []string{}; len(claimed) < n; {
		l := first(lines)
		if l == nil {
			break
		}
		if len(l.queue) == 0 {
			more, err := s.pick(ctx, c.now, claimant.WorkerID, types, l, seen, portion(n-len(claimed), lines))
			if err != nil {
				return nil, err
			}
			l.queue, l.empty = more, len(more) == 0
			for _, j := range more {
				seen = append(seen, j.ID)
			}
			continue
		}
		j := l.queue[0]
		l.queue = l.queue[1:]
		next := j.Clone()
		change := job.Change{Event: job.Claim, Now: c.at(j), Key: claimant.Key, WorkerID: claimant.WorkerID, ClaimID: together, Lease: claimant.Lease}
		if s.policy.Apply(next, change) != nil {
			continue
		}
		if err := c.save(j, next); err != nil {
			return nil, err
		}
		number++
		l.Held, l.Served, l.had = l.Held+1, number, true
		claimed = append(claimed, next)
	}
	c.serve(lines)
	return claimed, c.send(ctx)
}

// first is the line whose turn it is, nil when none has anything.
func first(lines []*line) (best *line) {
	for _, l := range lines {
		if !l.empty && (best == nil || l.compare(best) < 0) {
			best = l
		}
	}
	return best
}

// portion is how many jobs to lock of a line when n are wanted of all.
func portion(n int, lines []*line) int {
	alive := 0
	for _, l := range lines {
		if !l.empty {
			alive++
		}
	}
	return (n + alive - 1) / max(alive, 1)
}

// lines are the owners that have something ready of these types. It goes from one to the
// next by the index, whatever each has.
func (s *Store) lines(ctx context.Context, types []string) ([]*line, error) {
	rows, err := s.db.Query(ctx, `SELECT DISTINCT found.precedence, found.owner, coalesce(held.jobs, 0), coalesce(turn.served, 0)
		FROM unnest($1::text[]) AS kind, LATERAL (
			WITH RECURSIVE line AS (
				(SELECT precedence, owner FROM job WHERE ready AND content_type = kind ORDER BY precedence, owner LIMIT 1)
				UNION ALL
				SELECT next.precedence, next.owner FROM line, LATERAL (
					SELECT precedence, owner FROM job WHERE ready AND content_type = kind
					AND (precedence, owner) > (line.precedence, line.owner) ORDER BY precedence, owner LIMIT 1) AS next
			) SELECT precedence, owner FROM line) AS found
		LEFT JOIN (SELECT precedence, owner, count(*) AS jobs FROM job WHERE status = 'processing' GROUP BY 1, 2) AS held
			ON held.precedence = found.precedence AND held.owner = found.owner
		LEFT JOIN job_turn AS turn ON turn.precedence = found.precedence AND turn.owner = found.owner`, types)
	return sqlrow.All(rows, err, func(scan sqlrow.Scan) (*line, error) {
		l := &line{}
		err := scan(&l.Precedence, &l.owner, &l.Held, &l.Served)
		return l, err
	})
}

// perClaim is how many turns one claim may give: what its number is multiplied by.
const perClaim = 1000

// number is that of the turns of this claim, if there is more than one line to take turns.
func (s *Store) number(ctx context.Context, lines []*line) (n int64, err error) {
	if len(lines) < 2 {
		return 0, nil
	}
	err = s.db.QueryRow(ctx, "SELECT nextval('job_turn_number')").Scan(&n)
	return n * perClaim, err
}

// serve notes which lines had their turn. One that another claim notes at this moment is
// passed over, for it waits for nobody.
func (c *change) serve(lines []*line) {
	if len(lines) < 2 {
		return
	}
	slices.SortFunc(lines, func(a, b *line) int {
		return cmp.Or(cmp.Compare(a.Precedence, b.Precedence), strings.Compare(a.owner, b.owner))
	})
	for _, l := range lines {
		if !l.had {
			continue
		}
		c.batch.Queue("INSERT INTO job_turn (precedence, owner, served) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING", l.Precedence, l.owner)
		c.batch.Queue(`UPDATE job_turn SET served = greatest(served, $3) WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM job_turn WHERE precedence = $1 AND owner = $2 FOR UPDATE SKIP LOCKED))`, l.Precedence, l.owner, l.Served)
	}
}

// pick locks up to n jobs of a line that the worker may claim, best first: of each type by
// the index, then the best of all.
func (s *Store) pick(ctx context.Context, now time.Time, worker string, types []string, l *line, seen []string, n int) ([]*job.Job, error) {
	return s.many(ctx, `SELECT `+columns+` FROM unnest($1::text[]) AS kind, LATERAL (
			SELECT * FROM job WHERE ready AND content_type = kind AND precedence = $2 AND owner = $3
			AND available <= $4 AND timeout_at > $4 AND (kept_for = '' OR kept_for = $5 OR kept_until <= $4)
			AND (withheld_from <> $5 OR withheld_until <= $4) AND id <> ALL ($6::text[])
			ORDER BY priority DESC, created, seq LIMIT $7 FOR UPDATE SKIP LOCKED) AS job
		JOIN job_record ON job_record.id = job.id
		ORDER BY job.priority DESC, job.created, job.seq LIMIT $7 FOR UPDATE OF job_record`,
		types, l.Precedence, l.owner, sqlrow.Micros(now), postgres.Text(worker), seen, n)
}

// ripen makes those jobs ready that have become available. Only one does so at a time: who
// waits for a row that another has just made ready would lock it for nothing, and claims
// would pass over it.
func (s *Store) ripen(ctx context.Context, now time.Time) error {
	const ripe = "status = 'pending' AND NOT ready AND available <= $1"
	var some bool
	err := s.db.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM job WHERE "+ripe+")", sqlrow.Micros(now)).Scan(&some)
	if err != nil || !some {
		return err
	}
	if err := s.db.Lock(ctx, "what makes jobs ready"); err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, `UPDATE job SET ready = true WHERE id = ANY (ARRAY(
		SELECT id FROM job WHERE `+ripe+` ORDER BY available, id LIMIT 1000 FOR UPDATE))`, sqlrow.Micros(now))
	return err
}
