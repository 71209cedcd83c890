// Package pgstore keeps the references to blobs in PostgreSQL, where tasks and documents are,
// so that a reference changes in the transaction that changes who refers.
package pgstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"morag/internal/blob"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

//go:embed migration/*.sql
var migrations embed.FS

// Store is a [blob.References].
type Store struct {
	db *postgres.DB
}

var _ blob.References = (*Store)(nil)

// Open brings the table of db up to date. The store's time is the database's.
func Open(ctx context.Context, db *postgres.DB) (*Store, error) {
	set, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "blob", set); err != nil {
		return nil, err
	}
	return &Store{db: db}, nil
}

// fault adds to a database's error what was being done and the port's sentinel.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, postgres.ErrNoSpace):
		return fmt.Errorf("%s: %w: %w", doing, blob.ErrNoSpace, err)
	case errors.Is(err, postgres.ErrUnavailable), errors.Is(err, postgres.ErrClosed):
		return fmt.Errorf("%s: %w: %w", doing, blob.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Refer implements [blob.References].
func (s *Store) Refer(ctx context.Context, user string, lasting time.Duration, refs ...string) error {
	refs = postgres.Texts(slices.DeleteFunc(slices.Clone(refs), func(ref string) bool { return !blob.Is(ref) }))
	slices.Sort(refs) // in one order, so that two do not wait for each other
	err := s.db.Write(ctx, func(ctx context.Context) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		until := int64(0)
		if lasting > 0 {
			until = now.Add(lasting).UnixMicro()
		}
		_, err = s.db.Exec(ctx, `
			UPDATE blob_reference SET until = $2
			WHERE holder = $1 AND (until = 0 OR until > $2) AND ref <> ALL ($3::text[])`, postgres.Text(user), now.UnixMicro(), refs)
		if err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, `
			INSERT INTO blob_reference (ref, holder, until) SELECT DISTINCT ref, $1, $2::bigint FROM unnest($3::text[]) AS ref ORDER BY ref
			ON CONFLICT (ref, holder) DO UPDATE SET until = excluded.until`, postgres.Text(user), until, refs)
		return err
	})
	return fault("refer to files", err)
}

// Used implements [blob.References].
func (s *Store) Used(ctx context.Context, ref string) (used bool, err error) {
	now, err := s.db.Now(ctx)
	if err == nil {
		err = s.db.QueryRow(ctx, `
			SELECT EXISTS (SELECT 1 FROM blob_reference WHERE ref = $1 AND holder <> $2 AND (until = 0 OR until > $3))`,
			postgres.Text(ref), postgres.Text(blob.Hold(ref)), now.UnixMicro()).Scan(&used)
	}
	return used, fault("look for who uses a file", err)
}

// Any tells whether anybody uses a blob for good.
func (s *Store) Any(ctx context.Context) (any bool, err error) {
	err = s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM blob_reference WHERE until = 0 AND starts_with(ref, $1))`, blob.Scheme).Scan(&any)
	return any, fault("look for files that are used", err)
}

// lives tells rows of blobs that somebody uses at $1.
const lives = `EXISTS (SELECT 1 FROM blob_reference o WHERE o.ref = blob_reference.ref AND (o.until = 0 OR o.until > $1))`

// Unused implements [blob.References]. It looks at rows that have ended only, and drops
// those of blobs that others use.
func (s *Store) Unused(ctx context.Context, n int) ([]string, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, fault("look for unused files", err)
	}
	if err := s.drop(ctx, now.UnixMicro()); err != nil {
		return nil, fault("drop references that have ended", err)
	}
	refs, err := s.column(ctx, `
		SELECT DISTINCT ref FROM blob_reference WHERE until > 0 AND until <= $1 AND NOT `+lives+` LIMIT $2`, now.UnixMicro(), n)
	return refs, fault("look for unused files", err)
}

// dropPage is how many rows one transaction drops: a few milliseconds.
const dropPage = 250

// drop removes rows that have ended, of blobs that others use.
func (s *Store) drop(ctx context.Context, now int64) error {
	for {
		var dropped int64
		err := s.db.Write(ctx, func(ctx context.Context) (err error) {
			dropped, err = s.db.Exec(ctx, `DELETE FROM blob_reference WHERE until > 0 AND until <= $1 AND (ref, holder) IN (
				SELECT ref, holder FROM blob_reference WHERE until > 0 AND until <= $1 AND `+lives+`
				ORDER BY until, ref LIMIT $2 FOR UPDATE SKIP LOCKED)`, now, dropPage)
			return err
		})
		if err != nil || dropped < dropPage {
			return err
		}
	}
}

// Known implements [blob.References].
func (s *Store) Known(ctx context.Context, refs []string) (map[string]bool, error) {
	found, err := s.column(ctx, `
		SELECT asked FROM unnest($1::text[]) AS asked WHERE EXISTS (SELECT 1 FROM blob_reference WHERE ref = asked)`, postgres.Texts(refs))
	known := make(map[string]bool, len(found))
	for _, ref := range found {
		known[ref] = true
	}
	return known, fault("look for known files", err)
}

// Forget implements [blob.References].
func (s *Store) Forget(ctx context.Context, refs ...string) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `DELETE FROM blob_reference WHERE ref = ANY ($1::text[])`, postgres.Texts(refs))
		return err
	})
	return fault("forget files", err)
}

func (s *Store) column(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, sqlrow.Value[string])
}
