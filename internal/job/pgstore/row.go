package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"morag/internal/job"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// row is what each column of a job repeats of its record, so that queries can ask for it,
// and what is kept nowhere else: the last four. What never changes is among them, too, for
// the record decides.
var row = []struct {
	column string
	value  func(s *Store, j *job.Job, now time.Time) any
}{
	{"content_type", func(_ *Store, j *job.Job, _ time.Time) any { return j.ContentType }},
	{"status", func(_ *Store, j *job.Job, _ time.Time) any { return string(j.Status) }},
	{"owner", func(_ *Store, j *job.Job, _ time.Time) any { return j.Owner }},
	{"precedence", func(_ *Store, j *job.Job, _ time.Time) any { return j.Precedence }},
	{"priority", func(_ *Store, j *job.Job, _ time.Time) any { return j.Priority }},
	{"task_id", func(_ *Store, j *job.Job, _ time.Time) any { return j.IngestionTaskID }},
	{"created", func(_ *Store, j *job.Job, _ time.Time) any { return sqlrow.Micros(j.CreatedAt) }},
	{"completed", func(_ *Store, j *job.Job, _ time.Time) any { return sqlrow.Micros(j.CompletedAt) }},
	{"available", func(_ *Store, j *job.Job, _ time.Time) any { return sqlrow.Micros(j.AvailableAt) }},
	{"timeout_at", func(_ *Store, j *job.Job, _ time.Time) any { return sqlrow.Micros(j.TimeoutAt) }},
	{"started", func(_ *Store, j *job.Job, _ time.Time) any { return sqlrow.Micros(j.StartedAt) }},
	{"confirmed", func(_ *Store, j *job.Job, _ time.Time) any { return sqlrow.Micros(j.ConfirmedAt) }},
	{"attempt", func(_ *Store, j *job.Job, _ time.Time) any { return j.Attempt }},
	{"revision", func(_ *Store, j *job.Job, _ time.Time) any { return j.Revision }},
	{"worker", func(_ *Store, j *job.Job, _ time.Time) any { return j.WorkerID }},
	{"claimed_by", func(_ *Store, j *job.Job, _ time.Time) any { return j.ClaimedBy }},
	{"claim_id", func(_ *Store, j *job.Job, _ time.Time) any { return j.ClaimID }},
	{"kept_for", func(_ *Store, j *job.Job, _ time.Time) any { return j.AssignedWorker }},
	{"kept_until", func(s *Store, j *job.Job, _ time.Time) any { return s.keptUntil(j) }},
	{"withheld_from", func(s *Store, j *job.Job, _ time.Time) any { who, _ := s.policy.Avoided(j); return who }},
	{"withheld_until", func(s *Store, j *job.Job, _ time.Time) any {
		_, until := s.policy.Avoided(j)
		return sqlrow.Micros(until)
	}},
	{"ready", func(_ *Store, j *job.Job, now time.Time) any {
		return j.Status == job.Pending && !j.AvailableAt.After(now)
	}},
	{"lease_until", func(_ *Store, j *job.Job, _ time.Time) any { return sqlrow.Micros(j.LeaseExpiresAt) }},
	{"confirm_by", func(_ *Store, j *job.Job, _ time.Time) any { return sqlrow.Micros(j.ConfirmBy) }},
	{"progress", func(_ *Store, j *job.Job, _ time.Time) any { return j.Progress }},
	{"message", func(_ *Store, j *job.Job, _ time.Time) any { return j.ProgressMessage }},
}

func (s *Store) keptUntil(j *job.Job) int64 {
	if j.AssignedWorker == "" {
		return 0
	}
	return sqlrow.Micros(s.policy.AssignedUntil(j))
}

// insert and update store a row, from the values of valuesOf and then, for insert, the id
// and the record, for update, the id and what revision and attempt the row must have.
// imported stores that of a job as it stands, and has the bytes of its record and result and
// then the id.
var insert, imported, update = statements()

func statements() (insert, imported, update string) {
	var names, places, sets []string
	for i, c := range row {
		names = append(names, c.column)
		places = append(places, fmt.Sprint("$", i+1))
		sets = append(sets, fmt.Sprintf("%s = $%d", c.column, i+1))
	}
	n := len(row)
	insert = fmt.Sprintf(`WITH made AS (INSERT INTO job (%s, bytes, id) VALUES (%s, octet_length($%d::bytea), $%d) ON CONFLICT (id) DO NOTHING RETURNING id),
		recorded AS (INSERT INTO job_record (id, record) SELECT id, $%d FROM made),
		noted AS (INSERT INTO job_change (n, id) SELECT 0, id FROM made)
		SELECT count(*) FROM made`, strings.Join(names, ", "), strings.Join(places, ", "), n+2, n+1, n+2)
	imported = fmt.Sprintf("INSERT INTO job (%s, bytes, id) VALUES (%s, $%d, $%d) ON CONFLICT (id) DO NOTHING",
		strings.Join(names, ", "), strings.Join(places, ", "), n+1, n+2)
	update = fmt.Sprintf(`UPDATE job SET %s, bytes = $%d + coalesce((SELECT octet_length(result) FROM job_result WHERE id = $%d), 0)
		WHERE id = $%d AND revision = $%d AND attempt = $%d`, strings.Join(sets, ", "), n+1, n+2, n+2, n+3, n+4)
	return insert, imported, update
}

// valuesOf are the values of j's columns, and its record.
func (s *Store) valuesOf(j *job.Job, now time.Time) (values []any, record []byte, err error) {
	bare := *j
	bare.ResultData = nil
	if record, err = bare.MarshalJSON(); err != nil {
		return nil, nil, err
	}
	values = make([]any, 0, len(row)+4)
	for _, c := range row {
		values = append(values, c.value(s, j, now))
	}
	return postgres.Values(values), record, nil
}

// columns are those that decode takes.
const columns = "job_record.record, job.lease_until, job.confirm_by, job.progress, job.message"

// decode makes a job of the columns.
func decode(scan sqlrow.Scan, more ...any) (*job.Job, error) {
	var record []byte
	var lease, confirm int64
	var progress float64
	var message string
	if err := scan(append([]any{&record, &lease, &confirm, &progress, &message}, more...)...); err != nil {
		return nil, err
	}
	j := &job.Job{}
	if err := j.UnmarshalJSON(record); err != nil {
		return nil, fmt.Errorf("a record cannot be read: %w", err)
	}
	j.LeaseExpiresAt, j.ConfirmBy, j.Progress, j.ProgressMessage = sqlrow.Time(lease), sqlrow.Time(confirm), progress, message
	return j, nil
}

// find is a job as it is.
func (s *Store) find(ctx context.Context, id string) (*job.Job, error) {
	jobs, err := s.many(ctx, "SELECT "+columns+" FROM job JOIN job_record USING (id) WHERE id = $1", postgres.Text(id))
	if err == nil && len(jobs) == 0 {
		return nil, job.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return jobs[0], nil
}

func (s *Store) many(ctx context.Context, query string, args ...any) ([]*job.Job, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, func(scan sqlrow.Scan) (*job.Job, error) { return decode(scan) })
}

// change is what one transaction writes, sent at once.
type change struct {
	s     *Store
	now   time.Time
	batch pgx.Batch
	jobs  int
	stale bool // a row was not as it was read
}

// save writes what a rule has made of a job that is locked and was before.
func (c *change) save(before, after *job.Job) error {
	values, record, err := c.s.valuesOf(after, c.at(after))
	if err != nil {
		return err
	}
	if after.ResultData != nil {
		c.batch.Queue(`INSERT INTO job_result (id, result) VALUES ($1, $2)
			ON CONFLICT (id) DO UPDATE SET result = excluded.result`, after.ID, []byte(after.ResultData))
	}
	c.batch.Queue("UPDATE job_record SET record = $1 WHERE id = $2", record, after.ID)
	c.queue(update, append(values, len(record), after.ID, before.Revision, before.Attempt)...)
	c.note(after.ID)
	return nil
}

// beat writes what a heartbeat brings to a job that is confirmed already.
func (c *change) beat(j *job.Job) {
	c.queue(`UPDATE job SET lease_until = $1, confirm_by = $2, progress = $3, message = $4
		WHERE id = $5 AND revision = $6 AND attempt = $7`,
		sqlrow.Micros(j.LeaseExpiresAt), sqlrow.Micros(j.ConfirmBy), j.Progress, postgres.Text(j.ProgressMessage), j.ID, j.Revision, j.Attempt)
	c.note(j.ID)
}

// queue adds a statement that must change one row.
func (c *change) queue(statement string, args ...any) {
	c.batch.Queue(statement, args...).Exec(func(done pgconn.CommandTag) error {
		c.stale = c.stale || done.RowsAffected() != 1
		return nil
	})
}

func (c *change) note(id string) {
	c.batch.Queue("INSERT INTO job_change (n, id) VALUES ($1, $2)", c.jobs, id)
	c.jobs++
}

// errStale says that a row was not as it was when it was locked, which nobody may change.
var errStale = errors.New("a job was changed beside its lock")

func (c *change) send(ctx context.Context) error {
	if c.batch.Len() == 0 {
		return nil
	}
	if err := c.s.db.Batch(ctx, &c.batch); err != nil {
		return err
	}
	if c.stale {
		return fmt.Errorf("%w: %w", errStale, job.ErrConflict)
	}
	return nil
}

// at is when a change of j is made: the time of the transaction, which may have begun before
// the change that it has waited for.
func (c *change) at(j *job.Job) time.Time {
	if n := len(j.History); n > 0 && j.History[n-1].At.After(c.now) {
		return j.History[n-1].At
	}
	return c.now
}

// start begins the writing of one transaction.
func (s *Store) start(ctx context.Context) (*change, error) {
	now, err := s.db.Now(ctx)
	return &change{s: s, now: now}, err
}
