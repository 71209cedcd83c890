// Package sqlitestore keeps the references to blobs as rows of an SQLite file, the one
// that tasks and documents are in, so that a reference changes in the transaction that
// changes who refers.
package sqlitestore

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"morag/internal/blob"
	"morag/internal/sqlite"
	"morag/internal/sqlrow"
)

//go:embed migration/*.sql
var migrations embed.FS

// Store is a [blob.References].
type Store struct {
	db  *sqlite.DB
	now func() time.Time
}

var _ blob.References = (*Store)(nil)

// Open brings the table of db up to date. The store's time is now's.
func Open(ctx context.Context, db *sqlite.DB, now func() time.Time) (*Store, error) {
	set, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "blob", set); err != nil {
		return nil, err
	}
	return &Store{db: db, now: now}, nil
}

// fault adds to a database's error what was being done and the port's sentinel.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sqlite.ErrNoSpace):
		return fmt.Errorf("%s: %w: %w", doing, blob.ErrNoSpace, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Refer implements [blob.References].
func (s *Store) Refer(ctx context.Context, user string, lasting time.Duration, refs ...string) error {
	now := s.now()
	until := int64(0)
	if lasting > 0 {
		until = now.Add(lasting).UnixMicro()
	}
	list, err := list(slices.DeleteFunc(slices.Clone(refs), func(ref string) bool { return !blob.Is(ref) }))
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `
			UPDATE blob_reference SET until = ?2
			WHERE user = ?1 AND (until = 0 OR until > ?2) AND ref NOT IN (SELECT value FROM json_each(?3))`, user, now.UnixMicro(), list)
		if err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, `
			INSERT INTO blob_reference (ref, user, until) SELECT value, ?1, ?2 FROM json_each(?3) WHERE true
			ON CONFLICT (ref, user) DO UPDATE SET until = excluded.until`, user, until, list)
		return err
	})
	return fault("refer to files", err)
}

// Used implements [blob.References].
func (s *Store) Used(ctx context.Context, ref string) (used bool, err error) {
	err = s.db.QueryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM blob_reference WHERE ref = ?1 AND user <> ?2 AND (until = 0 OR until > ?3))`,
		ref, blob.Hold(ref), s.now().UnixMicro()).Scan(&used)
	return used, fault("look for who uses a file", err)
}

// Any tells whether anybody uses a blob for good.
func (s *Store) Any(ctx context.Context) (any bool, err error) {
	err = s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM blob_reference WHERE until = 0 AND ref LIKE ?1 || '%')`, blob.Scheme).Scan(&any)
	return any, fault("look for files that are used", err)
}

// lives tells rows of blobs that somebody uses at ?1.
const lives = `EXISTS (SELECT 1 FROM blob_reference o WHERE o.ref = blob_reference.ref AND (o.until = 0 OR o.until > ?1))`

// Unused implements [blob.References]. It looks at rows that have ended only, and drops
// those of blobs that others use.
func (s *Store) Unused(ctx context.Context, n int) ([]string, error) {
	now := s.now().UnixMicro()
	if err := s.drop(ctx, now); err != nil {
		return nil, fault("drop references that have ended", err)
	}
	refs, err := s.column(ctx, `
		SELECT DISTINCT ref FROM blob_reference WHERE until > 0 AND until <= ?1 AND NOT `+lives+` LIMIT ?2`, now, n)
	return refs, fault("look for unused files", err)
}

// dropPage is how many rows one transaction drops: a few milliseconds.
const dropPage = 250

// drop removes rows that have ended, of blobs that others use.
func (s *Store) drop(ctx context.Context, now int64) error {
	for {
		rows, err := s.column(ctx, `
			SELECT json_array(ref, user) FROM blob_reference WHERE until > 0 AND until <= ?1 AND `+lives+` LIMIT ?2`, now, dropPage)
		if err != nil || len(rows) == 0 {
			return err
		}
		err = s.db.Write(ctx, func(ctx context.Context) error {
			_, err := s.db.Exec(ctx, `
				DELETE FROM blob_reference WHERE until > 0 AND until <= ?1
				AND (ref, user) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?2))`, now, "["+strings.Join(rows, ",")+"]")
			return err
		})
		if err != nil || len(rows) < dropPage {
			return err
		}
	}
}

// Known implements [blob.References].
func (s *Store) Known(ctx context.Context, refs []string) (map[string]bool, error) {
	list, err := list(refs)
	if err != nil {
		return nil, err
	}
	found, err := s.column(ctx, `
		SELECT value FROM json_each(?1) WHERE EXISTS (SELECT 1 FROM blob_reference WHERE ref = value)`, list)
	known := make(map[string]bool, len(found))
	for _, ref := range found {
		known[ref] = true
	}
	return known, fault("look for known files", err)
}

// Forget implements [blob.References].
func (s *Store) Forget(ctx context.Context, refs ...string) error {
	list, err := list(refs)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `DELETE FROM blob_reference WHERE ref IN (SELECT value FROM json_each(?1))`, list)
		return err
	})
	return fault("forget files", err)
}

// list is refs as a JSON list, which a statement takes apart.
func list(refs []string) (string, error) {
	if refs == nil {
		refs = []string{}
	}
	raw, err := json.Marshal(refs)
	return string(raw), err
}

func (s *Store) column(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, sqlrow.Value[string])
}
