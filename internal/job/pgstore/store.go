// Package pgstore keeps jobs in PostgreSQL, for any number of servers.
//
// A change locks the job's row, has the rule of package job decide over it, and writes it
// back, all in one transaction. Claims pass over rows that others have locked. What the
// others hear of by NOTIFY they would see a second later by looking, too.
package pgstore

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"morag/internal/job"
	"morag/internal/postgres"
)

//go:embed migration/*.sql
var migrations embed.FS

// Config says where the jobs are and what is decided over them.
type Config struct {
	DB     *postgres.DB
	Policy job.Policy
	Logger *slog.Logger  // nil for none
	Poll   time.Duration // how often it looks what has become claimable, 0 for a second
}

// Store is a [job.Store]. Make it with [Open].
type Store struct {
	db     *postgres.DB
	policy job.Policy
	log    *slog.Logger
	poll   time.Duration
	name   string // of this store among those that have the jobs open

	hints job.Hints
	look  chan struct{} // has one element when it is to look before its time
	end   context.CancelFunc
	ended sync.WaitGroup // what runs in the background

	mu     sync.RWMutex // guards closed, and calls against being waited for under an Add
	closed bool
	calls  sync.WaitGroup
}

var _ job.Store = (*Store)(nil)

// Open brings the tables up to date and opens the jobs. Close does not close the database.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	set, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := cfg.DB.Migrate(ctx, "job", set); err != nil {
		return nil, err
	}
	s := &Store{
		db: cfg.DB, policy: cfg.Policy.WithDefaults(), log: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
		poll: cmp.Or(cfg.Poll, time.Second), name: uuid.NewString(), look: make(chan struct{}, 1),
	}
	if err := s.restored(ctx); err != nil {
		return nil, fault("open the jobs", err)
	}
	if err := s.beat(ctx); err != nil {
		return nil, fault("open the jobs", err)
	}
	var running context.Context
	running, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.db.Hear(topic, s.heard)
	s.ended.Go(func() { s.tend(running) })
	s.ended.Go(func() { s.live(running) })
	return s, nil
}

// Close implements [job.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	s.calls.Wait()
	if !first {
		return nil
	}
	s.end()
	s.ended.Wait()
	s.hints.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.leave(ctx); err != nil {
		s.log.Warn("the others will learn later that this server has let go of the jobs", "error", err)
	}
	return nil
}

// Health is nil while the database answers, else [job.ErrUnavailable] with the cause.
func (s *Store) Health(ctx context.Context) error {
	return fault("ask the database", s.db.Ping(ctx))
}

// enter begins a call, which ends with calls.Done. It does not join a transaction: what a
// call has changed is there whatever becomes of that.
func (s *Store) enter(ctx context.Context) (context.Context, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, fmt.Errorf("job store is closed: %w", job.ErrUnavailable)
	}
	s.calls.Add(1)
	return postgres.Outside(ctx), nil
}

// fault adds to a database's error what was being done and the port's sentinel.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, postgres.ErrNoSpace):
		return fmt.Errorf("%s: %w: %w", doing, job.ErrNoSpace, err)
	case errors.Is(err, postgres.ErrInDoubt):
		return fmt.Errorf("%s: %w: %w", doing, job.ErrInDoubt, err)
	case errors.Is(err, postgres.ErrUnavailable), errors.Is(err, postgres.ErrClosed):
		return fmt.Errorf("%s: %w: %w", doing, job.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Create implements [job.Store].
func (s *Store) Create(ctx context.Context, spec job.Spec) (*job.Job, error) {
	ctx, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.calls.Done()
	var j *job.Job
	err = s.db.Write(ctx, func(ctx context.Context) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		j = s.policy.New(spec, now)
		values, record, err := s.valuesOf(j, now)
		if err != nil {
			return err
		}
		var made int
		err = s.db.QueryRow(ctx, insert, append(values, j.ID, record)...).Scan(&made)
		if err == nil && made == 0 {
			return job.ErrExists
		}
		s.tell(ctx, j, now)
		return err
	})
	if err != nil {
		return nil, fault("create job "+spec.ID, err)
	}
	return j, nil
}

// Get implements [job.Store].
func (s *Store) Get(ctx context.Context, id string) (*job.Job, error) {
	ctx, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.calls.Done()
	j, err := s.find(ctx, id)
	return j, fault("get job "+id, err)
}

// Result implements [job.Store].
func (s *Store) Result(ctx context.Context, id string) (json.RawMessage, error) {
	ctx, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.calls.Done()
	var result []byte
	err = s.db.QueryRow(ctx, "SELECT result FROM job LEFT JOIN job_result USING (id) WHERE id = $1", postgres.Text(id)).Scan(&result)
	if errors.Is(err, postgres.ErrNoRows) {
		err = job.ErrNotFound
	}
	return result, fault("result of job "+id, err)
}

// Delete implements [job.Store].
func (s *Store) Delete(ctx context.Context, id string) error {
	ctx, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer s.calls.Done()
	err = s.db.Write(ctx, func(ctx context.Context) error {
		var status string
		err := s.db.QueryRow(ctx, "SELECT status FROM job WHERE id = $1 FOR UPDATE", postgres.Text(id)).Scan(&status)
		switch {
		case errors.Is(err, postgres.ErrNoRows):
			return job.ErrNotFound
		case err != nil:
			return err
		case !job.Status(status).Terminal():
			return fmt.Errorf("it is %s: %w", status, job.ErrConflict)
		}
		for _, table := range []string{"job", "job_record", "job_result"} {
			if _, err := s.db.Exec(ctx, "DELETE FROM "+table+" WHERE id = $1", id); err != nil {
				return err
			}
		}
		return nil
	})
	return fault("delete job "+id, err)
}
