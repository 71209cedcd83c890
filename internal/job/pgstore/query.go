package pgstore

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"morag/internal/job"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// maxWait is the longest wait that Due returns.
const maxWait = time.Minute

// dueJob is a job by what time brings to it.
type dueJob struct {
	job.Due
	at time.Time
}

// Due implements [job.Store]. Of the pending jobs it asks the index of deadlines, and those
// in processing it reads: there are as many as workers can hold.
func (s *Store) Due(ctx context.Context, n int) ([]job.Due, time.Duration, error) {
	ctx, err := s.enter(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer s.calls.Done()
	var all []dueJob
	err = s.db.Write(ctx, func(ctx context.Context) error { all, err = s.due(ctx, n+1); return err })
	if err != nil {
		return nil, 0, fault("look for what is due", err)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, 0, fault("look for what is due", err)
	}
	slices.SortFunc(all, func(a, b dueJob) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.ID, b.ID)) })
	var due []job.Due
	for _, d := range all {
		if d.at.After(now) || len(due) >= n {
			return due, min(max(d.at.Sub(now), 0), maxWait), nil
		}
		due = append(due, d.Due)
	}
	return due, maxWait, nil
}

func (s *Store) due(ctx context.Context, n int) ([]dueJob, error) {
	rows, err := s.db.Query(ctx, `(SELECT id, status, timeout_at, started, confirmed, confirm_by, lease_until FROM job
			WHERE status = 'pending' ORDER BY timeout_at, id LIMIT $1)
		UNION ALL SELECT id, status, timeout_at, started, confirmed, confirm_by, lease_until FROM job WHERE status = 'processing'`, n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []dueJob
	for rows.Next() {
		var j job.Job
		var status string
		var timeout, started, confirmed, confirmBy, lease int64
		if err := rows.Scan(&j.ID, &status, &timeout, &started, &confirmed, &confirmBy, &lease); err != nil {
			return nil, err
		}
		j.Status, j.TimeoutAt, j.StartedAt = job.Status(status), sqlrow.Time(timeout), sqlrow.Time(started)
		j.ConfirmedAt, j.ConfirmBy, j.LeaseExpiresAt = sqlrow.Time(confirmed), sqlrow.Time(confirmBy), sqlrow.Time(lease)
		if event, when, ok := s.policy.Due(&j); ok {
			all = append(all, dueJob{job.Due{ID: j.ID, Event: event}, when})
		}
	}
	return all, rows.Err()
}

// List implements [job.Store]. The cursor is the number of the last job told.
func (s *Store) List(ctx context.Context, f job.Filter) ([]*job.Job, string, error) {
	before, err := parseCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	ctx, err = s.enter(ctx)
	if err != nil {
		return nil, "", err
	}
	defer s.calls.Done()
	jobs, next, err := s.list(ctx, f, before)
	return jobs, next, fault("list jobs", err)
}

func (s *Store) list(ctx context.Context, f job.Filter, before int64) ([]*job.Job, string, error) {
	where, args := []string{"seq < $1"}, []any{before, f.PageSize() + 1}
	is := func(condition string, value string) {
		args = append(args, postgres.Text(value))
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.Status != "" {
		is("status = $%d", string(f.Status))
	}
	if f.ContentType != "" {
		is("content_type = $%d", f.ContentType)
	}
	if f.WorkerID != "" {
		is("worker = $%d", f.WorkerID)
	}
	if f.Prefix != "" {
		is("id >= $%d", f.Prefix)
		is("id < $%d", f.Prefix+"\x7f") // ids are printable ASCII
	}
	rows, err := s.db.Query(ctx, "SELECT "+columns+", seq FROM job JOIN job_record USING (id) WHERE "+strings.Join(where, " AND ")+
		" ORDER BY seq DESC LIMIT $2", args...)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	var page []*job.Job
	var last, seq int64
	for size := 0; rows.Next(); {
		if len(page) == f.PageSize() || size >= job.PageBytes {
			return page, base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(last, 10))), nil
		}
		j, err := decode(rows.Scan, &seq)
		if err != nil {
			return nil, "", err
		}
		last = seq
		size += j.Bytes()
		page = append(page, j)
	}
	return page, "", rows.Err()
}

// parseCursor reads a cursor of List.
func parseCursor(cursor string) (before int64, err error) {
	if cursor == "" {
		return 1<<63 - 1, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		before, err = strconv.ParseInt(string(text), 10, 64)
	}
	if err != nil || before <= 0 {
		return 0, fmt.Errorf("cursor %.40q: %w", cursor, job.ErrCursor)
	}
	return before, nil
}

// Over implements [job.Store]. The cursor is the end and the id of the last job told.
func (s *Store) Over(ctx context.Context, age time.Duration, cursor string, n int) ([]*job.Job, string, error) {
	ended, id, err := parseOver(cursor)
	if err != nil {
		return nil, "", err
	}
	ctx, err = s.enter(ctx)
	if err != nil {
		return nil, "", err
	}
	defer s.calls.Done()
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, "", fault("look for jobs that are over", err)
	}
	jobs, err := s.over(ctx, now.Add(-age), ended, id, n+1)
	if err != nil {
		return nil, "", fault("look for jobs that are over", err)
	}
	if len(jobs) <= n {
		return jobs, "", nil
	}
	last := jobs[n-1]
	return jobs[:n], fmt.Sprint(last.CompletedAt.UnixMicro(), " ", last.ID), nil
}

func parseOver(cursor string) (ended int64, id string, err error) {
	if cursor == "" {
		return 0, "", nil
	}
	at, id, ok := strings.Cut(cursor, " ")
	if ended, err = strconv.ParseInt(at, 10, 64); err != nil || !ok || !job.ValidID(id) {
		return 0, "", fmt.Errorf("cursor %.40q: %w", cursor, job.ErrCursor)
	}
	return ended, id, nil
}

func (s *Store) over(ctx context.Context, until time.Time, ended int64, id string, n int) ([]*job.Job, error) {
	rows, err := s.db.Query(ctx, `SELECT id, status, content_type, task_id, created, completed FROM job
		WHERE status NOT IN ('pending', 'processing') AND (completed, id) > ($1, $2) AND completed <= $3
		ORDER BY completed, id LIMIT $4`, ended, id, sqlrow.Micros(until), n)
	return sqlrow.All(rows, err, func(scan sqlrow.Scan) (*job.Job, error) {
		j := &job.Job{}
		var status string
		var created, completed int64
		err := scan(&j.ID, &status, &j.ContentType, &j.IngestionTaskID, &created, &completed)
		j.Status, j.CreatedAt, j.CompletedAt = job.Status(status), sqlrow.Time(created), sqlrow.Time(completed)
		return j, err
	})
}

// Held implements [job.Store].
func (s *Store) Held(ctx context.Context, contentType string) ([]job.Held, error) {
	ctx, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.calls.Done()
	held, err := s.held(ctx, contentType)
	return held, fault("look for who holds jobs", err)
}

func (s *Store) held(ctx context.Context, contentType string) ([]job.Held, error) {
	rows, err := s.db.Query(ctx, `SELECT id, content_type, worker, claimed_by, attempt FROM job
		WHERE status = 'processing' AND ($1 = '' OR content_type = $1)`, postgres.Text(contentType))
	return sqlrow.All(rows, err, func(scan sqlrow.Scan) (h job.Held, err error) {
		err = scan(&h.ID, &h.ContentType, &h.WorkerID, &h.ClaimedBy, &h.Attempt)
		return h, err
	})
}
