package pgstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"morag/internal/auth"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// Begin implements [auth.SessionStore].
func (s *Store) Begin(ctx context.Context, session auth.Session, now time.Time) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		if err := s.db.Lock(ctx, "sessions of "+session.KeyID); err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, "DELETE FROM auth_session WHERE expires <= $1", sqlrow.Micros(now)); err != nil {
			return err
		}
		_, err := s.db.Exec(ctx, `DELETE FROM auth_session WHERE hash IN (
			SELECT hash FROM auth_session WHERE key_id = $1 ORDER BY expires DESC, hash OFFSET $2)`, session.KeyID, auth.MaxSessions-1)
		if err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, "INSERT INTO auth_session (hash, key_id, expires) VALUES ($1, $2, $3)", session.Hash[:], session.KeyID, sqlrow.Micros(session.ExpiresAt))
		return err
	})
	if err != nil {
		return fault("begin a session", err)
	}
	return nil
}

// Find implements [auth.SessionStore].
func (s *Store) Find(ctx context.Context, hash [sha256.Size]byte) (auth.Session, error) {
	session := auth.Session{Hash: hash}
	var expires int64
	err := s.db.QueryRow(ctx, "SELECT key_id, expires FROM auth_session WHERE hash = $1", hash[:]).Scan(&session.KeyID, &expires)
	if errors.Is(err, postgres.ErrNoRows) {
		return auth.Session{}, auth.ErrNoSession
	}
	if err != nil {
		return auth.Session{}, fault("find a session", err)
	}
	session.ExpiresAt = sqlrow.Time(expires)
	return session, nil
}

// End implements [auth.SessionStore].
func (s *Store) End(ctx context.Context, hash [sha256.Size]byte) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, "DELETE FROM auth_session WHERE hash = $1", hash[:])
		return err
	})
	if err != nil {
		return fault("end a session", err)
	}
	return nil
}
