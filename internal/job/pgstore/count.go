package pgstore

import (
	"context"

	"morag/internal/job"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// Stats implements [job.Store].
func (s *Store) Stats(ctx context.Context) (job.Stats, error) {
	ctx, err := s.enter(ctx)
	if err != nil {
		return job.Stats{}, err
	}
	defer s.calls.Done()
	st := job.Stats{Status: map[job.Status]int{}, Type: map[string]int{}, Depth: map[string]map[job.Status]int{}, Waiting: map[string]job.Waiting{}}
	if err := s.count(ctx, &st); err != nil {
		return job.Stats{}, fault("count jobs", err)
	}
	if err := s.oldest(ctx, &st); err != nil {
		return job.Stats{}, fault("look for the oldest jobs", err)
	}
	return st, nil
}

func (s *Store) count(ctx context.Context, st *job.Stats) error {
	rows, err := s.db.Query(ctx, "SELECT content_type, status, sum(jobs)::bigint, sum(bytes)::bigint FROM job_count GROUP BY 1, 2")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var contentType, status string
		var n int
		var bytes int64
		if err := rows.Scan(&contentType, &status, &n, &bytes); err != nil {
			return err
		}
		st.Status[job.Status(status)] += n
		st.Type[contentType] += n
		if st.Depth[contentType] == nil {
			st.Depth[contentType] = map[job.Status]int{}
		}
		st.Depth[contentType][job.Status(status)] += n
		st.Bytes += bytes
		if job.Status(status) == job.Pending && n > 0 {
			st.Waiting[contentType] = job.Waiting{Count: n}
		}
	}
	return rows.Err()
}

// oldest adds since when what is waiting of each type waits.
func (s *Store) oldest(ctx context.Context, st *job.Stats) error {
	types := make([]string, 0, len(st.Waiting))
	for t := range st.Waiting {
		types = append(types, t)
	}
	rows, err := s.db.Query(ctx, `SELECT kind, first.created FROM unnest($1::text[]) AS kind, LATERAL (
		SELECT created FROM job WHERE status = 'pending' AND content_type = kind ORDER BY created LIMIT 1) AS first`, types)
	created, err := sqlrow.Map[string, int64](rows, err)
	for contentType, first := range created {
		w := st.Waiting[contentType]
		w.Oldest = sqlrow.Time(first)
		st.Waiting[contentType] = w
	}
	return err
}

// Pending implements [job.Store].
func (s *Store) Pending(ctx context.Context, owner string) (n int, err error) {
	ctx, err = s.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer s.calls.Done()
	err = s.db.QueryRow(ctx, `SELECT coalesce(sum(jobs), 0)::bigint FROM job_count
		WHERE status = 'pending' AND ($1 = '' OR owner = $1)`, postgres.Text(owner)).Scan(&n)
	return n, fault("count the pending jobs", err)
}

// addUp adds up the changes of counts that have been noted since it was done last.
func (s *Store) addUp(ctx context.Context) error {
	return s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `WITH noted AS (
				DELETE FROM job_count WHERE ctid = ANY (ARRAY(SELECT ctid FROM job_count FOR UPDATE SKIP LOCKED))
				RETURNING content_type, status, owner, jobs, bytes)
			INSERT INTO job_count SELECT content_type, status, owner, sum(jobs), sum(bytes) FROM noted
			GROUP BY 1, 2, 3 HAVING sum(jobs) <> 0 OR sum(bytes) <> 0`)
		return err
	})
}
