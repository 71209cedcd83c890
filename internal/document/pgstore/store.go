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
	"time"

	"morag/internal/document"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
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
	return &Store{db: db}, nil
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

// columns are those of a document without its text; scan takes them.
const columns = `owner, id, version, submitted, content_type, method, checksum, source_name, source_ref,
	mime, task, content_length, chunk_count, created, updated, metadata, origin`

func scan(scan sqlrow.Scan) (*document.Document, error) {
	d := &document.Document{}
	var created, updated int64
	var metadata []byte
	err := scan(&d.Owner, &d.ID, &d.Version, &d.Submitted, &d.ContentType, &d.ProcessingMethod, &d.Checksum, &d.SourceName, &d.SourceRef,
		&d.MIME, &d.TaskID, &d.ContentLength, &d.ChunkCount, &created, &updated, &metadata, &d.Origin)
	if err != nil {
		return nil, err
	}
	d.CreatedAt, d.UpdatedAt = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	if string(metadata) != "null" {
		d.Metadata = metadata
	}
	return d, nil
}

func (s *Store) find(ctx context.Context, owner, id string) (*document.Document, error) {
	return scan(s.db.QueryRow(ctx, `SELECT `+columns+` FROM document WHERE owner = $1 AND id = $2`, postgres.Text(owner), postgres.Text(id)).Scan)
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
		INSERT INTO document (`+columns+`, content)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (owner, id) DO UPDATE SET version = excluded.version, submitted = excluded.submitted,
			content_type = excluded.content_type, method = excluded.method, checksum = excluded.checksum,
			source_name = excluded.source_name, source_ref = excluded.source_ref, mime = excluded.mime, task = excluded.task,
			content_length = excluded.content_length, chunk_count = excluded.chunk_count, updated = excluded.updated,
			metadata = excluded.metadata, origin = excluded.origin, content = excluded.content`,
		postgres.Text(doc.Owner), postgres.Text(doc.ID), postgres.Text(doc.Version), doc.Submitted, postgres.Text(doc.ContentType),
		postgres.Text(string(doc.ProcessingMethod)), postgres.Text(doc.Checksum), postgres.Text(doc.SourceName), postgres.Text(doc.SourceRef),
		postgres.Text(doc.MIME), postgres.Text(doc.TaskID), doc.ContentLength, doc.ChunkCount, doc.CreatedAt.UnixMicro(), doc.UpdatedAt.UnixMicro(),
		postgres.Text(metadata), postgres.Text(doc.Origin), postgres.Text(doc.Content))
	if err != nil {
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
		_, err := s.db.Exec(ctx, `DELETE FROM document WHERE owner = $1 AND id = $2`, postgres.Text(owner), postgres.Text(id))
		return err
	})
	if err != nil {
		return nil, fault("delete document "+id, err)
	}
	return old, nil
}
