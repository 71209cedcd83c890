// Package pgstore keeps documents in PostgreSQL. A change joins the transaction that its
// context carries, so that a document is switched in the commit that ends its task.
//
// What only one of several transactions may decide, such as which of two equal sources
// becomes the document, is decided under a lock that ends with the transaction.
package pgstore

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"morag/internal/document"
	"morag/internal/document/column"
	"morag/internal/postgres"
)

//go:embed migration/*.sql
var migrations embed.FS

// Store is a [document.Store].
type Store struct {
	db *postgres.DB
}

var _ document.Store = (*Store)(nil)

// Open brings the document tables of db up to date. The store's time is the
// database's.
func Open(ctx context.Context, db *postgres.DB) (*Store, error) {
	set, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "document", set); err != nil {
		return nil, err
	}
	s := &Store{db: db}
	return s, s.label(ctx)
}

// fault adds to a database's error what was being done and the port's sentinel.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, postgres.ErrNoRows):
		err = document.ErrNotFound
	case errors.Is(err, postgres.ErrNoSpace):
		err = fmt.Errorf("%w: %w", document.ErrNoSpace, err)
	case errors.Is(err, postgres.ErrUnavailable), errors.Is(err, postgres.ErrClosed):
		err = fmt.Errorf("%w: %w", document.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func (s *Store) find(ctx context.Context, owner, id string) (*document.Document, error) {
	return column.Scan(s.db.QueryRow(ctx, `SELECT `+column.Read+` FROM document WHERE owner = $1 AND id = $2`, postgres.Text(owner), postgres.Text(id)).Scan)
}

// Replace implements [document.Store].
func (s *Store) Replace(ctx context.Context, doc document.Document) (old *document.Document, err error) {
	metadata, err := json.Marshal(doc.Metadata)
	if err != nil {
		return nil, fmt.Errorf("replace document %s: metadata: %w", doc.ID, err)
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		doc := doc
		if err := s.stamp(ctx, &doc); err != nil {
			return err
		}
		if err := s.lock(ctx, doc.Owner, doc.ID); err != nil {
			return err
		}
		old, err = s.find(ctx, doc.Owner, doc.ID)
		switch {
		case errors.Is(err, postgres.ErrNoRows):
			old = nil
		case err != nil:
			return err
		case old.Version == doc.Version:
			old = nil
			return nil
		case old.Submitted > doc.Submitted:
			return document.ErrSuperseded
		}
		return s.put(ctx, doc, string(metadata))
	})
	if err != nil {
		return nil, fault("replace document "+doc.ID, err)
	}
	return old, nil
}

// stamp sets times that are zero to the present.
func (s *Store) stamp(ctx context.Context, doc *document.Document) error {
	now, err := s.db.Now(ctx)
	if doc.UpdatedAt.IsZero() {
		doc.UpdatedAt = now
	}
	if doc.CreatedAt.IsZero() {
		doc.CreatedAt = doc.UpdatedAt
	}
	return err
}

// lock has nobody else change the document of this id, whether it is there or not.
func (s *Store) lock(ctx context.Context, owner, id string) error {
	return s.db.Lock(ctx, fmt.Sprintf("document %q %q", owner, id))
}

func (s *Store) put(ctx context.Context, doc document.Document, metadata string) error {
	_, err := s.db.Exec(ctx, `
		INSERT INTO document (`+column.Names+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (owner, id) DO UPDATE SET version = excluded.version, submitted = excluded.submitted,
			content_type = excluded.content_type, method = excluded.method, checksum = excluded.checksum,
			source_name = excluded.source_name, source_ref = excluded.source_ref, mime = excluded.mime, task = excluded.task,
			content_length = excluded.content_length, chunk_count = excluded.chunk_count, updated = excluded.updated,
			metadata = excluded.metadata, origin = excluded.origin, content = excluded.content`,
		postgres.Values(column.Values(&doc, metadata))...)
	if err != nil {
		return err
	}
	if err := s.labels().Put(ctx, &doc); err != nil {
		return err
	}
	if err := s.putSegments(ctx, doc.Owner, doc.ID, doc.Segments); err != nil {
		return err
	}
	return s.putThumbnails(ctx, doc.Owner, doc.ID, doc.Thumbnails)
}

// putThumbnails puts the pictures of a document in the place of those it had.
func (s *Store) putThumbnails(ctx context.Context, owner, id string, refs []string) error {
	_, err := s.db.Exec(ctx, `DELETE FROM document_thumbnail WHERE owner = $1 AND id = $2`, postgres.Text(owner), postgres.Text(id))
	if err != nil || len(refs) == 0 {
		return err
	}
	_, err = s.db.Exec(ctx, `INSERT INTO document_thumbnail (owner, id, place, ref)
		SELECT $1, $2, place, ref FROM unnest($3::text[]) WITH ORDINALITY AS given (ref, place)`,
		postgres.Text(owner), postgres.Text(id), postgres.Texts(refs))
	return err
}

// Relocate implements [document.Store].
func (s *Store) Relocate(ctx context.Context, owner, id, origin string) (doc *document.Document, err error) {
	err = s.db.Write(ctx, func(ctx context.Context) error {
		if err := s.lock(ctx, owner, id); err != nil {
			return err
		}
		_, err := s.db.Exec(ctx, `UPDATE document SET origin = $3 WHERE owner = $1 AND id = $2`, postgres.Text(owner), postgres.Text(id), postgres.Text(origin))
		if err != nil {
			return err
		}
		doc, err = s.find(ctx, owner, id)
		return err
	})
	if err != nil {
		return nil, fault("relocate document "+id, err)
	}
	return doc, nil
}

// Delete implements [document.Store].
func (s *Store) Delete(ctx context.Context, owner, id string) (old *document.Document, err error) {
	err = s.db.Write(ctx, func(ctx context.Context) error {
		if err := s.lock(ctx, owner, id); err != nil {
			return err
		}
		if old, err = s.find(ctx, owner, id); err != nil {
			return err
		}
		if err := s.putThumbnails(ctx, owner, id, nil); err != nil {
			return err
		}
		if err := s.putSegments(ctx, owner, id, nil); err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, `DELETE FROM document_duplicate WHERE owner = $1 AND original = $2`, postgres.Text(owner), postgres.Text(id)); err != nil {
			return err
		}
		if err := s.labels().Remove(ctx, owner, id); err != nil {
			return err
		}
		_, err := s.db.Exec(ctx, `DELETE FROM document WHERE owner = $1 AND id = $2`, postgres.Text(owner), postgres.Text(id))
		return err
	})
	if err != nil {
		return nil, fault("delete document "+id, err)
	}
	return old, nil
}
