// Package sqlitestore keeps keys as rows of an SQLite file, the one that the server
// has its tasks and documents in.
package sqlitestore

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"morag/internal/auth"
	"morag/internal/sqlite"
	"morag/internal/sqlrow"
)

//go:embed migration/*.sql
var migrations embed.FS

// Store is an [auth.Store] and an [auth.SessionStore], and keeps [auth.Secrets].
type Store struct{ db *sqlite.DB }

var (
	_ auth.Store   = (*Store)(nil)
	_ auth.Secrets = (*Store)(nil)

	_ auth.SessionStore = (*Store)(nil)
)

// New brings the key table of db up to date.
func New(ctx context.Context, db *sqlite.DB) (*Store, error) {
	fsys, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "auth", fsys); err != nil {
		return nil, err
	}
	return &Store{db: db}, nil
}

// Create implements [auth.Store].
func (s *Store) Create(ctx context.Context, k auth.Key) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		var others int
		err := s.db.QueryRow(ctx, "SELECT count(*) FROM auth_key WHERE name = ? AND role <> ? AND revoked = 0", k.Name, k.Role).Scan(&others)
		if err != nil {
			return err
		}
		if others > 0 {
			return auth.ErrRole
		}
		if err := s.freeWorkers(ctx, k); err != nil {
			return err
		}
		stored, err := s.db.Exec(ctx, `INSERT INTO auth_key (id, name, role, scope_all, hash, created, used, revoked)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			k.ID, k.Name, k.Role, k.ScopeAll, k.Hash[:], sqlrow.Micros(k.CreatedAt), sqlrow.Micros(k.LastUsed), sqlrow.Micros(k.RevokedAt))
		if err != nil {
			return err
		}
		if n, err := stored.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, auth.ErrExists)
		}
		return s.grant(ctx, k)
	})
	if err != nil {
		return fmt.Errorf("create key %s: %w", k.Name, err)
	}
	return nil
}

// List implements [auth.Store].
func (s *Store) List(ctx context.Context) ([]auth.Key, error) {
	keys, err := s.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return keys, nil
}

func (s *Store) list(ctx context.Context) ([]auth.Key, error) {
	rows, err := s.db.Query(ctx, `SELECT id, name, role, scope_all, hash, created, used, revoked,
		EXISTS (SELECT 1 FROM auth_right WHERE key_id = id AND kind = 'manage'),
		(SELECT json_group_array(value ORDER BY value) FROM auth_right WHERE key_id = id AND kind = 'worker_id')
		FROM auth_key ORDER BY number`)
	return sqlrow.All(rows, err, scan)
}

// scan reads a row of list.
func scan(scan sqlrow.Scan) (k auth.Key, err error) {
	var sum, workers []byte
	var created, used, revoked int64
	if err := scan(&k.ID, &k.Name, &k.Role, &k.ScopeAll, &sum, &created, &used, &revoked, &k.Manage, &workers); err != nil {
		return k, err
	}
	if copy(k.Hash[:], sum) != len(k.Hash) || len(sum) != len(k.Hash) {
		return k, fmt.Errorf("key %s has a hash of %d bytes", k.ID, len(sum))
	}
	if err := json.Unmarshal(workers, &k.WorkerIDs); err != nil {
		return k, fmt.Errorf("key %s: %w", k.ID, err)
	}
	k.CreatedAt, k.LastUsed, k.RevokedAt = sqlrow.Time(created), sqlrow.Time(used), sqlrow.Time(revoked)
	return k, nil
}

// Revoke implements [auth.Store].
func (s *Store) Revoke(ctx context.Context, at time.Time, ids ...string) error {
	err := s.each(ctx, "UPDATE auth_key SET revoked = ?2 WHERE id = ?1 AND revoked = 0", ids, func(string) time.Time { return at })
	if err != nil {
		return fmt.Errorf("revoke keys: %w", err)
	}
	return nil
}

// Used implements [auth.Store].
func (s *Store) Used(ctx context.Context, at map[string]time.Time) error {
	ids := make([]string, 0, len(at))
	for id := range at {
		ids = append(ids, id)
	}
	err := s.each(ctx, "UPDATE auth_key SET used = ?2 WHERE id = ?1 AND used < ?2", ids, func(id string) time.Time { return at[id] })
	if err != nil {
		return fmt.Errorf("note the use of keys: %w", err)
	}
	return nil
}

// each runs a statement for every id with its time, in one transaction.
func (s *Store) each(ctx context.Context, statement string, ids []string, at func(id string) time.Time) error {
	return s.db.Write(ctx, func(ctx context.Context) error {
		for _, id := range ids {
			if _, err := s.db.Exec(ctx, statement, id, sqlrow.Micros(at(id))); err != nil {
				return err
			}
		}
		return nil
	})
}
