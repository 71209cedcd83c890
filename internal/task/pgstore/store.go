// Package pgstore keeps tasks in PostgreSQL, for any number of servers. A change joins the
// transaction that its context carries, so that the end of a task commits together with
// what it has brought about. It locks the task's row until that ends; claims pass over rows
// that others have locked.
package pgstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"morag/internal/postgres"
	"morag/internal/task"
)

//go:embed migration/*.sql
var migrations embed.FS

// topic is what servers tell each other of tasks by.
const topic = "task"

// Store is a [task.Store].
type Store struct {
	db     *postgres.DB
	sealer task.Sealer
	hints  task.Hints
}

var _ task.Store = (*Store)(nil)

// New brings the task tables of db up to date. The store's time is the database's; what
// tasks keep secret is there only as sealed.
func New(ctx context.Context, db *postgres.DB, sealed task.Sealer) (*Store, error) {
	fsys, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "task", fsys); err != nil {
		return nil, err
	}
	s := &Store{db: db, sealer: sealed}
	db.Hear(topic, func(hint string) {
		if hint == "" { // some may have been missed
			s.hints.Pass(task.HintReady, task.HintNotice, task.HintRevoked, task.HintItems)
		}
		s.hints.Pass(task.Hint(hint))
	})
	return s, nil
}

// fault adds to a database's error what was being done and the port's sentinel. What
// a rule has returned passes as it is.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, postgres.ErrNoSpace):
		return fmt.Errorf("%s: %w: %w", doing, task.ErrNoSpace, err)
	case errors.Is(err, postgres.ErrUnavailable), errors.Is(err, postgres.ErrClosed):
		return fmt.Errorf("%s: %w: %w", doing, task.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Create implements [task.Store].
func (s *Store) Create(ctx context.Context, t *task.Task) error {
	var row *task.Task
	err := s.db.Write(ctx, func(ctx context.Context) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		row = t.Clone()
		row.Revision = 1
		row.Stamp(now)
		values, err := s.rowOf(row)
		if err != nil {
			return err
		}
		err = s.db.QueryRow(ctx, insert, append(values, postgres.Text(row.ID))...).Scan(&row.Submitted)
		if errors.Is(err, postgres.ErrNoRows) {
			return task.ErrExists
		}
		if err == nil {
			s.tell(ctx, nil, row)
		}
		return err
	})
	if err != nil {
		return fault("create task "+t.ID, err)
	}
	t.Revision, t.Submitted, t.CreatedAt, t.RunAt = row.Revision, row.Submitted, row.CreatedAt, row.RunAt
	return nil
}

// tell hands out the hints of a change when it is committed.
func (s *Store) tell(ctx context.Context, before, after *task.Task) {
	after = after.Clone() // the caller goes on to use it
	postgres.AfterCommit(ctx, func() {
		for _, hint := range s.hints.Tell(before, after) {
			s.db.Tell(topic, string(hint))
		}
	})
}

// Wake implements [task.Store].
func (s *Store) Wake(ctx context.Context, of task.Hint) <-chan struct{} { return s.hints.Read(ctx, of) }

// save stores what a rule has made of a task.
func (s *Store) save(ctx context.Context, t *task.Task) error {
	values, err := s.rowOf(t)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, update, append(values, t.Submitted)...)
	return err
}

// Update implements [task.Store].
func (s *Store) Update(ctx context.Context, id string, rule func(*task.Task, time.Time) error) (*task.Task, error) {
	var t *task.Task
	var refused error
	err := s.db.Write(ctx, func(ctx context.Context) (err error) {
		refused = nil
		if t, err = s.one(ctx, "id = $1 FOR UPDATE", postgres.Text(id)); err != nil {
			return err
		}
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		// The transaction may have begun before the one that it has waited for.
		for _, earlier := range []time.Time{t.CreatedAt, t.StartedAt, t.CompletedAt} {
			if earlier.After(now) {
				now = earlier
			}
		}
		before := t.Clone()
		if refused = rule(t, now); refused != nil {
			return refused
		}
		if t.Revision == before.Revision {
			return nil
		}
		s.tell(ctx, before, t)
		return s.save(ctx, t)
	})
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, fault("update task "+id, err)
	}
	return t, nil
}

// Claim implements [task.Store]. The rule decides; the queries only find the candidate.
func (s *Store) Claim(ctx context.Context, runner string, lease time.Duration) (*task.Task, error) {
	var t *task.Task
	err := s.db.Write(ctx, func(ctx context.Context) (err error) {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		t, err = s.nextTask(ctx, now)
		if errors.Is(err, task.ErrNotFound) {
			t = nil
			return nil
		}
		if err != nil {
			return err
		}
		before := t.Precedence
		if err := t.Start(runner, now, lease); err != nil {
			return err
		}
		if err := s.save(ctx, t); err != nil {
			return err
		}
		return s.served(ctx, runs, before, t.Owner)
	})
	if err != nil {
		return nil, fault("claim a task", err)
	}
	return t, nil
}
