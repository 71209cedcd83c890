package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/vector"
	"morag/internal/sqlite"
)

// Replace implements [index.Index]. A document without times gets the clock's.
func (x *Index) Replace(ctx context.Context, doc index.Document) (old *index.Document, err error) {
	metadata, err := json.Marshal(doc.Metadata)
	if err != nil {
		return nil, fmt.Errorf("replace document %s: metadata: %w", doc.ID, err)
	}
	now := x.now()
	if doc.UpdatedAt.IsZero() {
		doc.UpdatedAt = now
	}
	if doc.CreatedAt.IsZero() {
		doc.CreatedAt = doc.UpdatedAt
	}
	err = x.db.Write(ctx, func(ctx context.Context) error {
		old, err = x.replace(ctx, doc, string(metadata))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("replace document %s: %w", doc.ID, err)
	}
	return old, nil
}

func (x *Index) replace(ctx context.Context, doc index.Document, metadata string) (*index.Document, error) {
	old, was, err := x.find(ctx, doc.Owner, doc.ID)
	switch {
	case errors.Is(err, index.ErrNotFound):
		old = nil
	case err != nil:
		return nil, err
	case old.Version == doc.Version:
		return nil, nil
	case old.Submitted > doc.Submitted:
		return nil, index.ErrSuperseded
	}
	version, err := x.staged(ctx, doc.Version, nil)
	if err != nil {
		return nil, err
	}
	if err := x.complete(ctx, version, doc.ChunkCount); err != nil {
		return nil, err
	}
	_, err = x.db.Exec(ctx, `
		UPDATE index_version SET owner = ?2, document = ?3, submitted = ?4, content_type = ?5, method = ?6, checksum = ?7,
			source_name = ?8, source_ref = ?9, mime = ?10, task = ?11, content_length = ?12, chunk_count = ?13,
			updated = ?14, metadata = ?15, content = ?16
		WHERE id = ?1`,
		version, doc.Owner, doc.ID, doc.Submitted, doc.ContentType, doc.ProcessingMethod, doc.Checksum,
		doc.SourceName, doc.SourceRef, doc.MIME, doc.TaskID, doc.ContentLength, doc.ChunkCount,
		doc.UpdatedAt.UnixMicro(), metadata, doc.Content)
	if err != nil {
		return nil, err
	}
	_, err = x.db.Exec(ctx, `
		INSERT INTO index_document (owner, id, version, created) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (owner, id) DO UPDATE SET version = excluded.version`,
		doc.Owner, doc.ID, version, doc.CreatedAt.UnixMicro())
	if err != nil {
		return nil, err
	}
	sqlite.AfterCommit(ctx, func() {
		x.vectors.Switch([]vector.Shown{{Group: version, Owner: doc.Owner}}, []int64{was})
	})
	return old, nil
}

// complete checks that the first n chunks are staged, and removes those after them:
// an earlier attempt may have cut the text into more.
func (x *Index) complete(ctx context.Context, version int64, n int) error {
	var staged, most int
	err := x.db.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE position < ?2), count(*) FROM index_chunk WHERE version = ?1`, version, n).
		Scan(&staged, &most)
	if err != nil {
		return err
	}
	if staged != n {
		return fmt.Errorf("%w: %d of %d are staged", index.ErrIncomplete, staged, n)
	}
	if most == n {
		return nil
	}
	rest, err := x.numbers(ctx, `SELECT id FROM index_chunk WHERE version = ?1 AND position >= ?2`, version, n)
	if err != nil {
		return err
	}
	if err := x.removeChunks(ctx, rest); err != nil {
		return err
	}
	sqlite.AfterCommit(ctx, func() { x.vectors.Remove(version, rest) })
	return nil
}

// removeChunks removes the rows and words of chunks in the transaction of ctx.
func (x *Index) removeChunks(ctx context.Context, ids []int64) error {
	for _, id := range ids {
		_, words := x.db.Exec(ctx, `DELETE FROM index_word WHERE rowid = ?1`, id)
		_, row := x.db.Exec(ctx, `DELETE FROM index_chunk WHERE id = ?1`, id)
		if err := cmp.Or(words, row); err != nil {
			return fmt.Errorf("remove chunk %d: %w", id, err)
		}
	}
	return nil
}

// numbers reads a column of numbers.
func (x *Index) numbers(ctx context.Context, query string, args ...any) ([]int64, error) {
	rows, err := x.db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, rows.Err()
}

// Delete implements [index.Index].
func (x *Index) Delete(ctx context.Context, owner, id string) (old *index.Document, err error) {
	err = x.db.Write(ctx, func(ctx context.Context) error {
		var was int64
		if old, was, err = x.find(ctx, owner, id); err != nil {
			return err
		}
		if _, err := x.db.Exec(ctx, `DELETE FROM index_document WHERE owner = ?1 AND id = ?2`, owner, id); err != nil {
			return err
		}
		sqlite.AfterCommit(ctx, func() { x.vectors.Switch(nil, []int64{was}) })
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("delete document %s: %w", id, err)
	}
	return old, nil
}
