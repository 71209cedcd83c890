package pgstore

import (
	"context"

	"morag/internal/document"
	"morag/internal/document/column"
	"morag/internal/postgres"
)

// putLabel puts the label of a document in the place of the one it had.
func (s *Store) putLabel(ctx context.Context, d *document.Document) error {
	_, err := s.db.Exec(ctx, `INSERT INTO document_label (owner, id, label) VALUES ($1, $2, $3)
		ON CONFLICT (owner, id) DO UPDATE SET label = excluded.label`, postgres.Text(d.Owner), postgres.Text(d.ID), postgres.Text(d.Label()))
	return err
}

// label gives their labels to documents that were stored before there were any.
func (s *Store) label(ctx context.Context) error {
	var all bool
	err := s.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM document) = (SELECT count(*) FROM document_label)`).Scan(&all)
	if err == nil && !all {
		err = column.Label(ctx, s, s.addLabels)
	}
	return fault("label documents", err)
}

// addLabels adds the labels that are missing of documents that are still there.
func (s *Store) addLabels(ctx context.Context, page []*document.Document) error {
	return s.db.Write(ctx, func(ctx context.Context) error {
		for _, d := range page {
			_, err := s.db.Exec(ctx, `INSERT INTO document_label (owner, id, label)
				SELECT owner, id, $3 FROM document WHERE owner = $1 AND id = $2 ON CONFLICT DO NOTHING`,
				postgres.Text(d.Owner), postgres.Text(d.ID), postgres.Text(d.Label()))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
