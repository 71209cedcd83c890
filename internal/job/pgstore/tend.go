package pgstore

import (
	"context"
	"errors"
	"time"

	"morag/internal/job"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

const (
	// beatEvery is how often a store says that it has the jobs open, and silence how long
	// it may say nothing and still be taken to have.
	beatEvery = 5 * time.Second
	silence   = 3 * beatEvery
	// tidyEvery is how often counts are added up and old changes dropped.
	tidyEvery = 10 * time.Second
)

// tend makes jobs ready whose time has come, and tells of all that can be claimed: what
// other servers have changed is seen here when no notification has told of it.
func (s *Store) tend(ctx context.Context) {
	timer := time.NewTimer(s.poll)
	defer timer.Stop()
	tidying := time.NewTicker(tidyEvery)
	defer tidying.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tidying.C:
			s.tidy(ctx)
			continue
		case <-timer.C:
		case <-s.look:
		}
		s.lookOnce(ctx)
		timer.Reset(s.poll)
	}
}

func (s *Store) tidy(ctx context.Context) {
	if err := errors.Join(s.addUp(ctx), s.drop(ctx)); err != nil && ctx.Err() == nil {
		s.log.Warn("counts of jobs are not added up yet", "error", err)
	}
}

func (s *Store) lookOnce(ctx context.Context) {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		return s.ripen(ctx, now)
	})
	var hints []job.Hint
	if err == nil {
		hints, err = s.open(ctx)
	}
	if err != nil {
		if ctx.Err() == nil {
			s.log.Debug("it is not known which jobs wait; they are looked for again", "error", err)
		}
		return
	}
	for _, h := range hints {
		s.hints.Tell(h)
	}
}

// live says again and again that this store has the jobs open.
func (s *Store) live(ctx context.Context) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := s.beat(ctx); err != nil && ctx.Err() == nil {
			s.log.Debug("the others do not hear that this server lives", "error", err)
		}
	}
}

// heardNow is the clock by which stores are heard of: nobody sets it.
const heardNow = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

// beat says that this store has the jobs open. When none has had them for a while, nobody
// could be heard, so that leases run anew.
func (s *Store) beat(ctx context.Context) error {
	return s.db.Write(ctx, func(ctx context.Context) error {
		if err := s.db.Lock(ctx, "who has the jobs open"); err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, "DELETE FROM job_server WHERE heard < "+heardNow+" - $1", silence.Microseconds()); err != nil {
			return err
		}
		var alone bool
		if err := s.db.QueryRow(ctx, "SELECT NOT EXISTS (SELECT 1 FROM job_server)").Scan(&alone); err != nil {
			return err
		}
		if alone {
			if err := s.resume(ctx); err != nil {
				return err
			}
		}
		_, err := s.db.Exec(ctx, `INSERT INTO job_server (name, heard) VALUES ($1, `+heardNow+`)
			ON CONFLICT (name) DO UPDATE SET heard = excluded.heard`, s.name)
		return err
	})
}

// leave says that this store has let go of the jobs.
func (s *Store) leave(ctx context.Context) error {
	return s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, "DELETE FROM job_server WHERE name = $1", s.name)
		return err
	})
}

// resume applies [job.Policy.Resume] to every job. The clock takes up the true time, unless
// that is before the newest job.
func (s *Store) resume(ctx context.Context) error {
	var newest int64
	if err := s.db.QueryRow(ctx, "SELECT coalesce(max(created), 0) FROM (SELECT created FROM job ORDER BY seq DESC LIMIT 100) AS newest").Scan(&newest); err != nil {
		return err
	}
	if err := s.db.StartClock(postgres.Outside(ctx), sqlrow.Time(newest)); err != nil {
		return err
	}
	now, err := s.db.Now(postgres.Outside(ctx))
	if err != nil {
		return err
	}
	held, err := s.many(ctx, "SELECT "+columns+" FROM job JOIN job_record USING (id) WHERE status = 'processing' ORDER BY id FOR UPDATE")
	if err != nil {
		return err
	}
	c := &change{s: s, now: now}
	for _, j := range held {
		s.policy.Resume(j, now)
		j.Progress, j.ProgressMessage = 0, "" // how far it has come meanwhile nobody knows
		c.beat(j)
	}
	return c.send(ctx)
}
