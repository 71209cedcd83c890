// Package pgstore keeps the leases of duties in PostgreSQL.
package pgstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"morag/internal/maintain"
	"morag/internal/postgres"
)

//go:embed migration/*.sql
var migrations embed.FS

// Store is a [maintain.Leases].
type Store struct {
	db *postgres.DB
}

var _ maintain.Leases = (*Store)(nil)

// New brings the table of duties of db up to date. The store's time is the database's.
func New(ctx context.Context, db *postgres.DB) (*Store, error) {
	fsys, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "maintain", fsys); err != nil {
		return nil, err
	}
	return &Store{db: db}, nil
}

// free says which duty a holder may take: due, and held by nobody else.
const free = "name = $1 AND due_at <= $2 AND (holder = $3 OR lease_until <= $2)"

// Take implements [maintain.Leases]. What is not to be had costs a read.
func (s *Store) Take(ctx context.Context, duty, holder string, ttl time.Duration) (maintain.Lease, bool, error) {
	l := maintain.Lease{Duty: duty}
	now, err := s.db.Now(ctx)
	if err != nil {
		return maintain.Lease{}, false, fault("take", duty, err)
	}
	if taken, err := s.taken(ctx, duty, holder, now); err != nil || taken {
		return maintain.Lease{}, false, fault("take", duty, err)
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, "INSERT INTO duty (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", duty); err != nil {
			return err
		}
		return s.db.QueryRow(ctx, "UPDATE duty SET holder = $3, epoch = epoch + 1, lease_until = $4 WHERE "+free+" RETURNING epoch, progress",
			duty, now.UnixMicro(), holder, now.Add(ttl).UnixMicro()).Scan(&l.Epoch, &l.Cursor)
	})
	if errors.Is(err, postgres.ErrNoRows) {
		return maintain.Lease{}, false, nil
	}
	return l, err == nil, fault("take", duty, err)
}

// taken tells whether the duty is there and not to be had.
func (s *Store) taken(ctx context.Context, duty, holder string, now time.Time) (bool, error) {
	var is bool
	err := s.db.QueryRow(ctx, "SELECT NOT ("+free+") FROM duty WHERE name = $1", duty, now.UnixMicro(), holder).Scan(&is)
	if errors.Is(err, postgres.ErrNoRows) {
		return false, nil
	}
	return is, err
}

// Keep implements [maintain.Leases].
func (s *Store) Keep(ctx context.Context, l maintain.Lease, ttl time.Duration) error {
	return s.change(ctx, "keep", l, "lease_until = $4", ttl)
}

// Done implements [maintain.Leases].
func (s *Store) Done(ctx context.Context, l maintain.Lease, wait time.Duration) error {
	return s.change(ctx, "end", l, "lease_until = 0, due_at = $4", wait)
}

func (s *Store) change(ctx context.Context, doing string, l maintain.Lease, set string, in time.Duration) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		n, err := s.db.Exec(ctx, "UPDATE duty SET progress = $3, "+set+" WHERE name = $1 AND epoch = $2 AND lease_until > 0",
			l.Duty, l.Epoch, postgres.Text(l.Cursor), now.Add(in).UnixMicro())
		if err == nil && n == 0 {
			err = maintain.ErrLost
		}
		return err
	})
	return fault(doing, l.Duty, err)
}

func fault(doing, duty string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s the lease of %s: %w", doing, duty, err)
}
