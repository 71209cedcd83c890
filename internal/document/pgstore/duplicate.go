package pgstore

import (
	"context"

	"morag/internal/document"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// NoteDuplicate implements [document.Store].
func (s *Store) NoteDuplicate(ctx context.Context, owner, id, original string) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `INSERT INTO document_duplicate (owner, id, original) VALUES ($1, $2, $3)
			ON CONFLICT (owner, id) DO UPDATE SET original = excluded.original`, postgres.Text(owner), postgres.Text(id), postgres.Text(original))
		return err
	})
	return fault("note duplicate "+id, err)
}

// Original implements [document.Store].
func (s *Store) Original(ctx context.Context, owner, id string) (original string, err error) {
	err = s.db.QueryRow(ctx, `SELECT original FROM document_duplicate WHERE owner = $1 AND id = $2`, postgres.Text(owner), postgres.Text(id)).Scan(&original)
	return original, fault("original of document "+id, err)
}

// Duplicates implements [document.Store].
func (s *Store) Duplicates(ctx context.Context, f document.Filter) ([]document.Duplicate, error) {
	prefix := postgres.Text(f.Prefix)
	all, err := collect(s, ctx, func(scan sqlrow.Scan) (d document.Duplicate, err error) {
		err = scan(&d.ID, &d.Owner, &d.Original)
		return d, err
	}, `SELECT id, owner, original FROM document_duplicate
		WHERE ($1 OR owner = $2) AND id >= $3 AND id < $4 ORDER BY id, owner LIMIT $5`,
		f.AllOwners, postgres.Text(f.Owner), prefix, prefix+"\x7f", f.PageSize()) // ids are printable ASCII
	return all, fault("list duplicates", err)
}
