package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"morag/internal/job"
	"morag/internal/postgres"
)

var _ job.Importer = (*Store)(nil)

// Import implements [job.Importer]: all of them or, on an error, none.
func (s *Store) Import(ctx context.Context, jobs []*job.Job) error {
	ctx, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer s.calls.Done()
	return fault("import jobs", s.db.Write(ctx, func(ctx context.Context) error {
		c, err := s.start(ctx)
		if err != nil {
			return err
		}
		taken := ""
		for _, j := range jobs {
			if err := c.take(j, &taken); err != nil {
				return fmt.Errorf("job %s: %w", j.ID, err)
			}
		}
		if err := s.db.Batch(ctx, &c.batch); err != nil || taken == "" {
			return err
		}
		return fmt.Errorf("job %s: %w", taken, job.ErrExists)
	}))
}

// take adds a job as it stands. taken becomes its id when there is one of that already.
func (c *change) take(j *job.Job, taken *string) error {
	values, record, err := c.s.valuesOf(j, c.now)
	if err != nil {
		return err
	}
	// What belongs to a row that is there already is undone with the rest.
	c.batch.Queue(imported, append(values, len(record)+len(j.ResultData), postgres.Text(j.ID))...).Exec(func(done pgconn.CommandTag) error {
		if done.RowsAffected() == 0 {
			*taken = j.ID
		}
		return nil
	})
	c.batch.Queue("INSERT INTO job_record (id, record) VALUES ($1, $2) ON CONFLICT DO NOTHING", j.ID, record)
	if j.ResultData != nil {
		c.batch.Queue("INSERT INTO job_result (id, result) VALUES ($1, $2) ON CONFLICT DO NOTHING", j.ID, []byte(j.ResultData))
	}
	c.note(j.ID)
	return nil
}
