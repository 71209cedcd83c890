package column

import (
	"context"

	"morag/internal/document"
)

// AllLabelled is a query that tells whether all documents have labels: those that were
// stored before there were any have none.
const AllLabelled = `SELECT (SELECT count(*) FROM document) = (SELECT count(*) FROM document_label)`

// Labels are the labels in a database. Exec puts a statement whose parameters are ?1, ?2 and
// so on in the transaction of its context, Write runs a transaction.
type Labels struct {
	Exec  func(ctx context.Context, statement string, args ...any) error
	Write func(ctx context.Context, fn func(ctx context.Context) error) error
}

// Put puts the label of a document in the place of the one it had.
func (l Labels) Put(ctx context.Context, d *document.Document) error {
	return l.Exec(ctx, `INSERT INTO document_label (owner, id, label) VALUES (?1, ?2, ?3)
		ON CONFLICT (owner, id) DO UPDATE SET label = excluded.label`, d.Owner, d.ID, d.Label())
}

// Remove removes the label of a document.
func (l Labels) Remove(ctx context.Context, owner, id string) error {
	return l.Exec(ctx, `DELETE FROM document_label WHERE owner = ?1 AND id = ?2`, owner, id)
}

// Add adds the labels that the documents of s have not got, a page at a time.
func (l Labels) Add(ctx context.Context, s document.Store) error {
	for f := (document.Filter{AllOwners: true, Limit: 1000}); ; {
		page, next, err := s.List(ctx, f)
		if err != nil {
			return err
		}
		if err := l.add(ctx, page); err != nil || next == "" {
			return err
		}
		f.Cursor = next
	}
}

// add adds the labels that are missing of documents that are still there.
func (l Labels) add(ctx context.Context, page []*document.Document) error {
	return l.Write(ctx, func(ctx context.Context) error {
		for _, d := range page {
			err := l.Exec(ctx, `INSERT INTO document_label (owner, id, label)
				SELECT owner, id, ?3 FROM document WHERE owner = ?1 AND id = ?2 ON CONFLICT DO NOTHING`, d.Owner, d.ID, d.Label())
			if err != nil {
				return err
			}
		}
		return nil
	})
}
