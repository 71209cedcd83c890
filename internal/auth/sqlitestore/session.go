package sqlitestore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"morag/internal/auth"
	"morag/internal/sqlrow"
)

// Begin implements [auth.SessionStore].
func (s *Store) Begin(ctx context.Context, session auth.Session, now time.Time) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		if _, err := s.db.Exec(ctx, "DELETE FROM auth_session WHERE expires <= ?", sqlrow.Micros(now)); err != nil {
			return err
		}
		_, err := s.db.Exec(ctx, `DELETE FROM auth_session WHERE hash IN (
			SELECT hash FROM auth_session WHERE key_id = ? ORDER BY expires DESC, hash LIMIT -1 OFFSET ?)`, session.KeyID, auth.MaxSessions-1)
		if err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, "INSERT INTO auth_session (hash, key_id, expires) VALUES (?, ?, ?)", session.Hash[:], session.KeyID, sqlrow.Micros(session.ExpiresAt))
		return err
	})
	if err != nil {
		return fmt.Errorf("begin a session: %w", err)
	}
	return nil
}

// Find implements [auth.SessionStore].
func (s *Store) Find(ctx context.Context, hash [sha256.Size]byte) (auth.Session, error) {
	session := auth.Session{Hash: hash}
	var expires int64
	err := s.db.QueryRow(ctx, "SELECT key_id, expires FROM auth_session WHERE hash = ?", hash[:]).Scan(&session.KeyID, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.Session{}, auth.ErrNoSession
	}
	if err != nil {
		return auth.Session{}, fmt.Errorf("find a session: %w", err)
	}
	session.ExpiresAt = sqlrow.Time(expires)
	return session, nil
}

// End implements [auth.SessionStore].
func (s *Store) End(ctx context.Context, hash [sha256.Size]byte) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, "DELETE FROM auth_session WHERE hash = ?", hash[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}
