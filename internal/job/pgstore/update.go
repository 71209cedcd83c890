package pgstore

import (
	"context"
	"time"

	"morag/internal/job"
	"morag/internal/postgres"
)

// Update implements [job.Store].
func (s *Store) Update(ctx context.Context, id string, c job.Change) (*job.Job, error) {
	ctx, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.calls.Done()
	return s.update(ctx, "update job "+id, id, c.Event.Heard(), func(j *job.Job, now time.Time) error {
		c.Now = now
		return s.policy.Apply(j, c)
	})
}

// Alive implements [job.Store].
func (s *Store) Alive(ctx context.Context, id string, b job.Beat) (*job.Job, error) {
	ctx, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.calls.Done()
	return s.update(ctx, "heartbeat of job "+id, id, true, func(j *job.Job, now time.Time) error {
		return s.policy.Alive(j, b, now)
	})
}

// update has a rule change a job; heard tells that it shows the holder of the claim alive.
// What the rule refuses is returned beside the job as it is.
func (s *Store) update(ctx context.Context, doing, id string, heard bool, rule func(*job.Job, time.Time) error) (*job.Job, error) {
	var j *job.Job
	var refused error
	err := s.db.Write(ctx, func(ctx context.Context) error {
		j, refused = nil, nil
		c, err := s.start(ctx)
		if err != nil {
			return err
		}
		locked, err := s.lock(ctx, id, heard)
		if err != nil {
			return err
		}
		for _, l := range locked {
			if l.ID == id {
				j = l
			}
		}
		if j == nil {
			return job.ErrNotFound
		}
		next := j.Clone()
		if refused = rule(next, c.at(j)); refused != nil {
			return nil
		}
		if next.Revision == j.Revision {
			c.beat(next)
		} else if err := c.save(j, next); err != nil {
			return err
		}
		if heard {
			if err := s.confirm(c, next, locked); err != nil {
				return err
			}
		}
		s.tell(ctx, next, c.at(next))
		j = next
		return c.send(ctx)
	})
	switch {
	case err != nil:
		return nil, fault(doing, err)
	case refused != nil:
		return j, refused
	}
	j.ResultData = nil
	return j, nil
}

// lock locks a job, and with it those of its claim if what comes may confirm them: all in
// the order of their ids, so that heartbeats for two of them do not wait for each other. The
// records are locked, too: of what is not locked, a query that has waited sees what was.
func (s *Store) lock(ctx context.Context, id string, heard bool) ([]*job.Job, error) {
	id = postgres.Text(id)
	if heard {
		// What is asked here without a lock may have passed when the rows are locked; then
		// some are locked in vain, or confirmed by the next heartbeat.
		jobs, err := s.many(ctx, `SELECT `+columns+` FROM job JOIN job_record USING (id)
			WHERE id = $1 OR status = 'processing' AND confirmed = 0 AND claim_id = (
				SELECT claim_id FROM job WHERE id = $1 AND claim_id <> '')
			ORDER BY id FOR UPDATE`, id)
		return jobs, err
	}
	return s.many(ctx, "SELECT "+columns+" FROM job JOIN job_record USING (id) WHERE id = $1 FOR UPDATE", id)
}

// confirm confirms those of the locked jobs that were claimed together with j.
func (s *Store) confirm(c *change, j *job.Job, locked []*job.Job) error {
	for _, other := range locked {
		if other.ID == j.ID || j.ClaimID == "" || other.ClaimID != j.ClaimID || other.Status != job.Processing || !other.ConfirmedAt.IsZero() {
			continue
		}
		next := other.Clone()
		if s.policy.Alive(next, job.Beat{}, c.at(other)) != nil {
			continue
		}
		if err := c.save(other, next); err != nil {
			return err
		}
	}
	return nil
}
