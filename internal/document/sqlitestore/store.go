// Package sqlitestore keeps documents as rows of an SQLite file. A change joins the
// transaction that its context carries, so that a document is switched in the commit
// that ends its task.
//
// SQLite has one writer, so a transaction that looks for a duplicate has the file to
// itself until it ends.
package sqlitestore

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"morag/internal/document"
	"morag/internal/document/column"
	"morag/internal/sqlite"
)

//go:embed migration/*.sql
var migrations embed.FS

// Store is a [document.Store].
type Store struct {
	db  *sqlite.DB
	now func() time.Time
}

var _ document.Store = (*Store)(nil)

// Open brings the document tables of db up to date. The store's time is now's.
func Open(ctx context.Context, db *sqlite.DB, now func() time.Time) (*Store, error) {
	set, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "document", set); err != nil {
		return nil, err
	}
	s := &Store{db: db, now: now}
	return s, s.label(ctx)
}

// fault adds to a database's error what was being done and the port's sentinel.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		err = document.ErrNotFound
	case errors.Is(err, sqlite.ErrNoSpace):
		err = fmt.Errorf("%w: %w", document.ErrNoSpace, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func (s *Store) find(ctx context.Context, owner, id string) (*document.Document, error) {
	return column.Scan(s.db.QueryRow(ctx, `SELECT `+column.Read+` FROM document WHERE owner = ?1 AND id = ?2`, owner, id).Scan)
}

// Replace implements [document.Store].
func (s *Store) Replace(ctx context.Context, doc document.Document) (old *document.Document, err error) {
	metadata, err := json.Marshal(doc.Metadata)
	if err != nil {
		return nil, fmt.Errorf("replace document %s: metadata: %w", doc.ID, err)
	}
	if doc.UpdatedAt.IsZero() {
		doc.UpdatedAt = s.now()
	}
	if doc.CreatedAt.IsZero() {
		doc.CreatedAt = doc.UpdatedAt
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		old, err = s.find(ctx, doc.Owner, doc.ID)
		switch {
		case errors.Is(err, sql.ErrNoRows):
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

func (s *Store) put(ctx context.Context, doc document.Document, metadata string) error {
	_, err := s.db.Exec(ctx, `
		INSERT INTO document (`+column.Names+`)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
		ON CONFLICT (owner, id) DO UPDATE SET version = excluded.version, submitted = excluded.submitted,
			content_type = excluded.content_type, method = excluded.method, checksum = excluded.checksum,
			source_name = excluded.source_name, source_ref = excluded.source_ref, mime = excluded.mime, task = excluded.task,
			content_length = excluded.content_length, chunk_count = excluded.chunk_count, updated = excluded.updated,
			metadata = excluded.metadata, origin = excluded.origin, content = excluded.content`,
		column.Values(&doc, metadata)...)
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
	_, err := s.db.Exec(ctx, `DELETE FROM document_thumbnail WHERE owner = ?1 AND id = ?2`, owner, id)
	if err != nil || len(refs) == 0 {
		return err
	}
	list, err := json.Marshal(refs)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, `INSERT INTO document_thumbnail (owner, id, place, ref)
		SELECT ?1, ?2, key, value FROM json_each(?3)`, owner, id, string(list))
	return err
}

// Relocate implements [document.Store].
func (s *Store) Relocate(ctx context.Context, owner, id, origin string) (doc *document.Document, err error) {
	err = s.db.Write(ctx, func(ctx context.Context) error {
		if _, err := s.db.Exec(ctx, `UPDATE document SET origin = ?3 WHERE owner = ?1 AND id = ?2`, owner, id, origin); err != nil {
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
		if old, err = s.find(ctx, owner, id); err != nil {
			return err
		}
		if err := s.putThumbnails(ctx, owner, id, nil); err != nil {
			return err
		}
		if err := s.putSegments(ctx, owner, id, nil); err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, `DELETE FROM document_duplicate WHERE owner = ?1 AND original = ?2`, owner, id); err != nil {
			return err
		}
		if err := s.labels().Remove(ctx, owner, id); err != nil {
			return err
		}
		_, err := s.db.Exec(ctx, `DELETE FROM document WHERE owner = ?1 AND id = ?2`, owner, id)
		return err
	})
	if err != nil {
		return nil, fault("delete document "+id, err)
	}
	return old, nil
}
