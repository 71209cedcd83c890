// Package sqlitestore keeps workers and servers as rows of an SQLite file, the one that
// the server has its tasks and documents in.
package sqlitestore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"morag/internal/fleet"
	"morag/internal/fleet/column"
	"morag/internal/sqlite"
)

//go:embed migration/*.sql
var migrations embed.FS

// Store is a [fleet.Store].
type Store struct {
	db     *sqlite.DB
	limits fleet.Limits
	now    func() time.Time
	signal fleet.Signal
}

var _ fleet.Store = (*Store)(nil)

// New brings the tables of db up to date. The store's time is now's.
func New(ctx context.Context, db *sqlite.DB, l fleet.Limits, now func() time.Time) (*Store, error) {
	fsys, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "fleet", fsys); err != nil {
		return nil, err
	}
	return &Store{db: db, limits: l.WithDefaults(), now: now}, nil
}

// clock is the time as a row can hold it.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// fault adds to a database's error what was being done and the port's sentinel.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sqlite.ErrNoSpace), errors.Is(err, sqlite.ErrBusy), errors.Is(err, sqlite.ErrClosed), errors.Is(err, sqlite.ErrFailed):
		return fmt.Errorf("%s: %w: %w", doing, fleet.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// one is the worker of that id, or [fleet.ErrNotFound].
func (s *Store) one(ctx context.Context, id string) (fleet.Worker, error) {
	w, err := column.Scan(s.db.QueryRow(ctx, "SELECT "+column.Names+" FROM fleet_worker WHERE id = ?", id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = fleet.ErrNotFound
	}
	return w, err
}

// Update implements [fleet.Store].
func (s *Store) Update(ctx context.Context, id string, rule func(w *fleet.Worker, now time.Time)) (w fleet.Worker, err error) {
	err = s.db.Write(ctx, func(ctx context.Context) (err error) {
		if w, err = s.one(ctx, id); err != nil {
			return err
		}
		now := s.clock()
		barred := !w.MayWork(now)
		rule(&w, now)
		if barred && w.MayWork(now) {
			sqlite.AfterCommit(ctx, s.signal.Tell)
		}
		return s.save(ctx, &w)
	})
	return w, fault("change worker "+id, err)
}

// save writes all of a worker but its owner.
func (s *Store) save(ctx context.Context, w *fleet.Worker) error {
	row, err := column.Values(w)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, `UPDATE fleet_worker SET types = ?, version = ?, seen = ?, drained = ?, done = ?, failed = ?,
		failing = ?, unconfirmed = ?, set_aside = ?, penalty = ? WHERE id = ?`, append(row[2:], w.ID)...)
	return err
}

// Wake implements [fleet.Store].
func (s *Store) Wake(ctx context.Context) <-chan struct{} { return s.signal.Read(ctx) }
