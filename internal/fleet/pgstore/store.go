// Package pgstore keeps workers and servers in PostgreSQL.
package pgstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"morag/internal/fleet"
	"morag/internal/fleet/column"
	"morag/internal/postgres"
)

//go:embed migration/*.sql
var migrations embed.FS

// Store is a [fleet.Store].
type Store struct {
	db     *postgres.DB
	limits fleet.Limits
	signal fleet.Signal
}

var _ fleet.Store = (*Store)(nil)

// New brings the tables of db up to date. The store's time is the database's.
func New(ctx context.Context, db *postgres.DB, l fleet.Limits) (*Store, error) {
	fsys, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "fleet", fsys); err != nil {
		return nil, err
	}
	s := &Store{db: db, limits: l.WithDefaults()}
	db.Hear(topic, func(string) { s.signal.Tell() })
	return s, nil
}

// topic is what servers tell each other of workers by.
const topic = "fleet"

// fault adds to a database's error what was being done and the port's sentinel.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, postgres.ErrNoSpace), errors.Is(err, postgres.ErrUnavailable), errors.Is(err, postgres.ErrClosed):
		return fmt.Errorf("%s: %w: %w", doing, fleet.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// one is the worker of that id, or [fleet.ErrNotFound]. In a transaction nobody else changes
// it until that ends.
func (s *Store) one(ctx context.Context, id string) (fleet.Worker, error) {
	w, err := column.Scan(s.db.QueryRow(ctx, "SELECT "+column.Names+" FROM fleet_worker WHERE id = $1 FOR UPDATE", postgres.Text(id)).Scan)
	if errors.Is(err, postgres.ErrNoRows) {
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
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		barred := !w.MayWork(now)
		rule(&w, now)
		if barred && w.MayWork(now) {
			postgres.AfterCommit(ctx, func() { s.signal.Tell(); s.db.Tell(topic, "") })
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
	_, err = s.db.Exec(ctx, `UPDATE fleet_worker SET types = $1, version = $2, seen = $3, drained = $4, done = $5, failed = $6,
		failing = $7, unconfirmed = $8, set_aside = $9, penalty = $10 WHERE id = $11`, append(postgres.Values(row[2:]), w.ID)...)
	return err
}

// Wake implements [fleet.Store].
func (s *Store) Wake(ctx context.Context) <-chan struct{} { return s.signal.Read(ctx) }
