package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"morag/internal/index"
)

// selectDocument reads documents in place, without their text; scanDocument takes its
// columns.
const selectDocument = `
	SELECT v.id, d.owner, d.id, v.name, v.submitted, v.content_type, v.method, v.checksum, v.source_name, v.source_ref,
		v.mime, v.task, v.content_length, v.chunk_count, d.created, v.updated, v.metadata
	FROM index_document d JOIN index_version v ON v.id = d.version `

func scanDocument(scan func(...any) error) (doc *index.Document, version int64, err error) {
	d := &index.Document{}
	var created, updated int64
	var metadata []byte
	err = scan(&version, &d.Owner, &d.ID, &d.Version, &d.Submitted, &d.ContentType, &d.ProcessingMethod, &d.Checksum,
		&d.SourceName, &d.SourceRef, &d.MIME, &d.TaskID, &d.ContentLength, &d.ChunkCount, &created, &updated, &metadata)
	if err != nil {
		return nil, 0, err
	}
	d.CreatedAt, d.UpdatedAt = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	if err := json.Unmarshal(metadata, &d.Metadata); err != nil {
		return nil, 0, fmt.Errorf("metadata of document %s: %w", d.ID, err)
	}
	return d, version, nil
}

// find answers the document in place and the number of its version.
func (x *Index) find(ctx context.Context, owner, id string) (*index.Document, int64, error) {
	doc, version, err := scanDocument(x.db.QueryRow(ctx, selectDocument+`WHERE d.owner = ?1 AND d.id = ?2`, owner, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = index.ErrNotFound
	}
	return doc, version, err
}

// Get implements [index.Index].
func (x *Index) Get(ctx context.Context, owner, id string) (*index.Document, error) {
	doc, _, err := x.find(ctx, owner, id)
	if err != nil {
		return nil, fmt.Errorf("get document %s: %w", id, err)
	}
	return doc, nil
}

// Owners implements [index.Index].
func (x *Index) Owners(ctx context.Context, id string) ([]string, error) {
	owners, err := x.owners(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("owners of document %s: %w", id, err)
	}
	return owners, nil
}

func (x *Index) owners(ctx context.Context, id string) (owners []string, err error) {
	rows, err := x.db.Query(ctx, `SELECT owner FROM index_document WHERE id = ?1 ORDER BY owner`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var owner string
		if err := rows.Scan(&owner); err != nil {
			return nil, err
		}
		owners = append(owners, owner)
	}
	return owners, rows.Err()
}

// ByChecksum implements [index.Index].
func (x *Index) ByChecksum(ctx context.Context, owner, checksum string) (*index.Document, error) {
	doc, _, err := scanDocument(x.db.QueryRow(ctx, selectDocument+`
		WHERE v.owner = ?1 AND v.checksum = ?2 ORDER BY d.created, d.id LIMIT 1`, owner, checksum).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find document by checksum: %w", err)
	}
	return doc, nil
}

// Content implements [index.Index].
func (x *Index) Content(ctx context.Context, owner, id string) (text string, err error) {
	err = x.db.QueryRow(ctx, `
		SELECT v.content FROM index_document d JOIN index_version v ON v.id = d.version
		WHERE d.owner = ?1 AND d.id = ?2`, owner, id).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		err = index.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("content of document %s: %w", id, err)
	}
	return text, nil
}

// Chunks implements [index.Index].
func (x *Index) Chunks(ctx context.Context, owner, id string, from, n int) ([]index.Chunk, error) {
	defer x.readers.enter()()
	chunks, err := x.chunks(ctx, owner, id, from, n)
	if err != nil {
		return nil, fmt.Errorf("chunks of document %s: %w", id, err)
	}
	return chunks, nil
}

func (x *Index) chunks(ctx context.Context, owner, id string, from, n int) ([]index.Chunk, error) {
	_, version, err := x.find(ctx, owner, id)
	if err != nil {
		return nil, err
	}
	rows, err := x.db.Query(ctx, `
		SELECT position, content, metadata FROM index_chunk
		WHERE version = ?1 AND position >= ?2 ORDER BY position LIMIT ?3`, version, from, max(n, 0))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var chunks []index.Chunk
	for rows.Next() {
		var c index.Chunk
		var metadata []byte
		if err := rows.Scan(&c.Index, &c.Content, &metadata); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(metadata, &c.Metadata); err != nil {
			return nil, fmt.Errorf("metadata of chunk %d: %w", c.Index, err)
		}
		chunks = append(chunks, c)
	}
	return chunks, rows.Err()
}
