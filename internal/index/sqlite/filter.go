package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"morag/internal/index"
)

// allowed is what a filter lets pass: the chunks of these versions, where nil means
// all of them.
type allowed map[int64]map[int64]bool

func (a allowed) version(id int64, _ string) bool {
	_, ok := a[id]
	return ok
}

func (a allowed) chunk(version, id int64) bool {
	chunks := a[version]
	return chunks == nil || chunks[id]
}

// candidate is a version that a filter has to decide on.
type candidate struct {
	id       int64
	keys     []string       // of its chunks' own metadata
	metadata map[string]any // what its hits share
}

// resolve decides the filter for every version of the scope, hidden ones too: the
// snapshot that is searched knows which of them are shown. Keys that chunks have of
// their own are decided chunk by chunk, all others once for the version.
func (x *Index) resolve(ctx context.Context, s index.Scope) (allowed, error) {
	candidates, err := x.candidates(ctx, s)
	if err != nil {
		return nil, err
	}
	pass := make(allowed)
	for _, c := range candidates {
		own, shared := s.Filter.Split(func(key string) bool {
			return key == index.KeyChunkIndex || key == index.KeyChunkSize || slices.Contains(c.keys, key)
		})
		if !shared.Match(c.metadata) {
			continue
		}
		if len(own) == 0 {
			pass[c.id] = nil
			continue
		}
		chunks, err := x.resolveChunks(ctx, c, own)
		if err != nil {
			return nil, err
		}
		if len(chunks) > 0 {
			pass[c.id] = chunks
		}
	}
	return pass, nil
}

// pushedDown are the conditions that SQLite decides, on columns of a version.
var pushedDown = []struct{ key, column string }{
	{index.KeyDocumentID, "document"},
	{index.KeySourceType, "content_type"},
	{index.KeySourceName, "source_name"},
	{index.KeyProcessingMethod, "method"},
}

func (x *Index) candidates(ctx context.Context, s index.Scope) ([]candidate, error) {
	query, args := `SELECT id, keys, document, content_type, source_name, method, metadata FROM index_version WHERE state > 0 AND `, []any{nil}
	if s.AllOwners {
		query += `true`
	} else {
		query += `owner = ?1`
		args[0] = s.Owner
	}
	for _, pushed := range pushedDown {
		values, asked := s.Filter.AnyOf(pushed.key)
		if !asked {
			continue
		}
		list, err := json.Marshal(values)
		if err != nil {
			return nil, err
		}
		args = append(args, string(list))
		query += fmt.Sprintf(` AND %s IN (SELECT value FROM json_each(?%d))`, pushed.column, len(args))
	}
	rows, err := x.db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []candidate
	for rows.Next() {
		var c candidate
		var v index.Version
		var keys, metadata []byte
		if err := rows.Scan(&c.id, &keys, &v.DocumentID, &v.ContentType, &v.SourceName, &v.ProcessingMethod, &metadata); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(keys, &c.keys); err != nil {
			return nil, fmt.Errorf("keys of version %d: %w", c.id, err)
		}
		if err := json.Unmarshal(metadata, &v.Metadata); err != nil {
			return nil, fmt.Errorf("metadata of document %s: %w", v.DocumentID, err)
		}
		c.metadata = index.SharedMetadata(&v)
		all = append(all, c)
	}
	return all, rows.Err()
}

// resolveChunks decides the conditions on what chunks have of their own.
func (x *Index) resolveChunks(ctx context.Context, c candidate, f index.Filter) (map[int64]bool, error) {
	rows, err := x.db.Query(ctx, `SELECT id, position, size, metadata FROM index_chunk WHERE version = ?1`, c.id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	pass := make(map[int64]bool)
	for rows.Next() {
		var id int64
		var position, size int
		var metadata []byte
		if err := rows.Scan(&id, &position, &size, &metadata); err != nil {
			return nil, err
		}
		var own map[string]any
		if err := json.Unmarshal(metadata, &own); err != nil {
			return nil, fmt.Errorf("metadata of chunk %d: %w", id, err)
		}
		reserved := map[string]any{index.KeyChunkIndex: position, index.KeyChunkSize: size}
		if f.Match(c.metadata, own, reserved) {
			pass[id] = true
		}
	}
	return pass, rows.Err()
}
