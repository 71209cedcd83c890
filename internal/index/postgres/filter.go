package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"morag/internal/index"
	"morag/internal/postgres"
)

// allowed is what a filter lets pass: the chunks of these versions, where nil means
// all of them.
type allowed map[int64]map[int64]bool

func (a allowed) version(id int64, _ string) bool {
	_, ok := a[id]
	return ok
}

func (a allowed) chunk(version, id int64) bool {
	chunks, ok := a[version]
	return ok && (chunks == nil || chunks[id])
}

// resolve decides the filter for every version of the scope, hidden ones too: the
// snapshot that is searched knows which of them are shown. Keys that chunks have of
// their own are decided chunk by chunk, all others once for the version.
func (x *Index) resolve(ctx context.Context, s index.Scope) (allowed, error) {
	ids, err := x.candidates(ctx, s)
	if err != nil {
		return nil, err
	}
	pass := make(allowed)
	for page := range slices.Chunk(ids, resolvePage) {
		byChunk, err := x.resolveVersions(ctx, s.Filter, page, pass)
		if err != nil {
			return nil, err
		}
		for id, open := range byChunk {
			chunks, err := x.resolveChunks(ctx, id, open)
			if err != nil {
				return nil, err
			}
			if len(chunks) > 0 {
				pass[id] = chunks
			}
		}
	}
	return pass, nil
}

// resolvePage bounds what is kept of versions whose chunks are yet to be looked at.
const resolvePage = 256

// undecided is what a version does not decide for all its chunks.
type undecided struct {
	filter index.Filter
	shared map[string]any // what the version has of the filter's keys
}

// decide decides a filter for a version. Nil when the version does not pass. keys are
// those that its chunks have of their own; of the metadata only what the filter asks for
// is decoded.
func decide(f index.Filter, v *index.Version, keys []string, metadata []byte) (*undecided, error) {
	fields, err := fieldsOf(f.Keys(), v, metadata)
	if err != nil {
		return nil, fmt.Errorf("metadata of document %s: %w", v.DocumentID, err)
	}
	own, shared := f.Split(func(key string) bool {
		return key == index.KeyChunkIndex || key == index.KeyChunkSize || slices.Contains(keys, key)
	})
	if !shared.Match(fields) {
		return nil, nil
	}
	for key := range fields {
		if !slices.ContainsFunc(own, func(c index.Condition) bool { return c.Key == key }) {
			delete(fields, key)
		}
	}
	return &undecided{own, fields}, nil
}

// fieldsOf is what a version has of the keys, and the reserved ones.
func fieldsOf(keys []string, v *index.Version, metadata []byte) (map[string]any, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(metadata, &all); err != nil {
		return nil, err
	}
	v.Metadata = make(map[string]any, len(keys))
	for _, key := range keys {
		raw, there := all[key]
		if !there {
			continue
		}
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return nil, err
		}
		v.Metadata[key] = value
	}
	return index.SharedMetadata(v), nil
}

// pushedDown are the conditions that PostgreSQL decides, on columns of a version.
var pushedDown = []struct{ key, column string }{
	{index.KeyDocumentID, "document"},
	{index.KeySourceType, "content_type"},
	{index.KeySourceName, "source_name"},
	{index.KeyProcessingMethod, "method"},
}

// candidates are the versions of the scope, by what PostgreSQL can tell.
func (x *Index) candidates(ctx context.Context, s index.Scope) (ids []int64, err error) {
	query, args := `SELECT id FROM index_version WHERE state > 0`, []any{}
	if !s.AllOwners {
		query += ` AND owner = $1`
		args = append(args, postgres.Text(s.Owner))
	}
	for _, pushed := range pushedDown {
		values, asked := s.Filter.AnyOf(pushed.key)
		if !asked {
			continue
		}
		args = append(args, postgres.Texts(values))
		query += fmt.Sprintf(` AND %s = ANY ($%d::text[])`, pushed.column, len(args))
	}
	rows, err := x.db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// resolveVersions notes in pass those of the versions of which all chunks pass, and returns
// those of which some may.
func (x *Index) resolveVersions(ctx context.Context, f index.Filter, ids []int64, pass allowed) (map[int64]*undecided, error) {
	rows, err := x.db.Query(ctx, `SELECT v.id, v.keys, v.document, v.content_type, v.source_name, v.method, v.metadata
		FROM index_version v WHERE v.id = ANY ($1::bigint[])`, ids)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	byChunk := make(map[int64]*undecided)
	for rows.Next() {
		var id int64
		var v index.Version
		var keys, metadata []byte
		if err := rows.Scan(&id, &keys, &v.DocumentID, &v.ContentType, &v.SourceName, &v.ProcessingMethod, &metadata); err != nil {
			return nil, err
		}
		var own []string
		if err := json.Unmarshal(keys, &own); err != nil {
			return nil, fmt.Errorf("keys of version %d: %w", id, err)
		}
		open, err := decide(f, &v, own, metadata)
		switch {
		case err != nil:
			return nil, err
		case open != nil && len(open.filter) == 0:
			pass[id] = nil
		case open != nil:
			byChunk[id] = open
		}
	}
	return byChunk, rows.Err()
}

// resolveChunks decides the conditions on what chunks have of their own.
func (x *Index) resolveChunks(ctx context.Context, version int64, open *undecided) (map[int64]bool, error) {
	rows, err := x.db.Query(ctx, `SELECT id, position, size, metadata FROM index_chunk WHERE version = $1`, version)
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
		if open.filter.Match(open.shared, own, reserved) {
			pass[id] = true
		}
	}
	return pass, rows.Err()
}
