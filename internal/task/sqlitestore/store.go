// Package sqlitestore keeps tasks as rows of an SQLite file. A change joins the
// transaction that its context carries, so that the end of a task commits together
// with what it has brought about.
package sqlitestore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"morag/internal/sqlite"
	"morag/internal/task"
	"morag/internal/task/column"
)

//go:embed migration/*.sql
var migrations embed.FS

// Store is a [task.Store].
type Store struct {
	db     *sqlite.DB
	now    func() time.Time
	sealer task.Sealer

	hints task.Hints
}

var _ task.Store = (*Store)(nil)

// New brings the task tables of db up to date. The store's time is now's; what tasks keep
// secret is in the file only as sealed.
func New(ctx context.Context, db *sqlite.DB, now func() time.Time, sealed task.Sealer) (*Store, error) {
	fsys, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "task", fsys); err != nil {
		return nil, err
	}
	s := &Store{db: db, now: now, sealer: sealed}
	if err := s.reseal(ctx); err != nil {
		return nil, fmt.Errorf("seal the secrets of tasks: %w", err)
	}
	return s, nil
}

// clock is the time as a row can hold it.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// fault adds to a database's error what was being done and the port's sentinel. What
// a rule has returned passes as it is.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sqlite.ErrNoSpace):
		return fmt.Errorf("%s: %w: %w", doing, task.ErrNoSpace, err)
	case errors.Is(err, sqlite.ErrBusy), errors.Is(err, sqlite.ErrClosed), errors.Is(err, sqlite.ErrFailed):
		return fmt.Errorf("%s: %w: %w", doing, task.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Create implements [task.Store].
func (s *Store) Create(ctx context.Context, t *task.Task) error {
	row := t.Clone()
	row.Revision = 1
	row.Stamp(s.clock())
	err := s.db.Write(ctx, func(ctx context.Context) error {
		values, err := column.Values(row, s.sealer)
		if err != nil {
			return err
		}
		err = s.db.QueryRow(ctx, insert, append(values, row.ID)...).Scan(&row.Submitted)
		if errors.Is(err, sql.ErrNoRows) {
			return task.ErrExists
		}
		s.tell(ctx, nil, row)
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
	sqlite.AfterCommit(ctx, func() { s.hints.Tell(before, after) })
}

// Wake implements [task.Store].
func (s *Store) Wake(ctx context.Context, of task.Hint) <-chan struct{} { return s.hints.Read(ctx, of) }

// save stores what a rule has made of a task.
func (s *Store) save(ctx context.Context, t *task.Task) error {
	values, err := column.Values(t, s.sealer)
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
		if t, err = s.one(ctx, "id = ?", id); err != nil {
			return err
		}
		before := t.Clone()
		if refused = rule(t, s.clock()); refused != nil {
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

// Claim implements [task.Store]. The rule decides; the query only finds the candidate.
func (s *Store) Claim(ctx context.Context, runner string, lease time.Duration) (*task.Task, error) {
	var t *task.Task
	err := s.db.Write(ctx, func(ctx context.Context) (err error) {
		now := s.clock()
		t, err = s.nextTask(ctx, now)
		if errors.Is(err, task.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := t.Start(runner, now, lease); err != nil {
			return err
		}
		if err := s.save(ctx, t); err != nil {
			return err
		}
		return s.served(ctx, runs, t.Precedence, t.Owner)
	})
	if err != nil {
		return nil, fault("claim a task", err)
	}
	return t, nil
}
