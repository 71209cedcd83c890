package sqlitestore

import (
	"context"
)

// NoteDuplicate implements [document.Store].
func (s *Store) NoteDuplicate(ctx context.Context, owner, id, original string) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `INSERT OR REPLACE INTO document_duplicate (owner, id, original) VALUES (?1, ?2, ?3)`, owner, id, original)
		return err
	})
	return fault("note duplicate "+id, err)
}

// Original implements [document.Store].
func (s *Store) Original(ctx context.Context, owner, id string) (original string, err error) {
	err = s.db.QueryRow(ctx, `SELECT original FROM document_duplicate WHERE owner = ?1 AND id = ?2`, owner, id).Scan(&original)
	return original, fault("original of document "+id, err)
}
