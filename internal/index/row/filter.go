package row

import (
	"encoding/json"
	"fmt"
	"slices"

	"morag/internal/index"
	"morag/internal/sqlrow"
)

// PushedDown are the conditions that a database decides itself, on columns of a version.
var PushedDown = []struct{ Key, Column string }{
	{index.KeyDocumentID, "document"},
	{index.KeySourceType, "content_type"},
	{index.KeySourceName, "source_name"},
	{index.KeyProcessingMethod, "method"},
}

// Allowed is what a filter lets pass: the chunks of these versions, where nil means
// all of them.
type Allowed map[int64]map[int64]bool

// version tells whether chunks of a version may pass; the owner is of no matter.
func (a Allowed) version(id int64, _ string) bool {
	_, ok := a[id]
	return ok
}

// Chunk tells whether a chunk of a version passes.
func (a Allowed) Chunk(version, id int64) bool { return a.chunk(version, id) }

// chunk tells whether a chunk of a version passes.
func (a Allowed) chunk(version, id int64) bool {
	chunks, ok := a[version]
	return ok && (chunks == nil || chunks[id])
}

// VersionColumns are those that [Filter.Versions] gives, of a version v.
const VersionColumns = `v.id, v.keys, v.document, v.content_type, v.source_name, v.method, v.metadata`

// Filter decides a filter. Text is what the driver scans text into: []byte, or
// [database/sql.RawBytes] where it need not be copied.
type Filter[Text ~[]byte] struct {
	index.Filter
	// Versions asks for rows of [VersionColumns], of the versions of these numbers.
	Versions func(ids []int64) (sqlrow.Rows, error)
	// Chunks asks for rows of (id, position, size, metadata), all chunks of a version.
	Chunks func(version int64) (sqlrow.Rows, error)
}

// resolvePage bounds what is kept of versions whose chunks are yet to be looked at.
const resolvePage = 256

// Resolve decides the filter for versions, hidden ones too: the snapshot that is searched
// knows which of them are shown. Keys that chunks have of their own are decided chunk by
// chunk, all others once for the version.
func (f Filter[Text]) Resolve(ids []int64) (Allowed, error) {
	pass := make(Allowed)
	for page := range slices.Chunk(ids, resolvePage) {
		byChunk := make(map[int64]*undecided)
		rows, err := f.Versions(page)
		if err == nil {
			err = f.readVersions(rows, pass, byChunk)
		}
		if err != nil {
			return nil, err
		}
		for id, open := range byChunk {
			chunks := make(map[int64]bool)
			rows, err := f.Chunks(id)
			if err == nil {
				err = open.readChunks(rows, chunks)
			}
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

// readVersions notes in pass the versions of which all chunks pass, and in byChunk those of
// which some may.
func (f Filter[Text]) readVersions(rows sqlrow.Rows, pass Allowed, byChunk map[int64]*undecided) error {
	defer rows.Close()
	for rows.Next() {
		var id int64
		var v index.Version
		var keys, metadata Text
		if err := rows.Scan(&id, &keys, &v.DocumentID, &v.ContentType, &v.SourceName, &v.ProcessingMethod, &metadata); err != nil {
			return err
		}
		var own []string
		if err := json.Unmarshal(keys, &own); err != nil {
			return fmt.Errorf("keys of version %d: %w", id, err)
		}
		open, err := decide(f.Filter, &v, own, metadata)
		switch {
		case err != nil:
			return err
		case open != nil && len(open.filter) == 0:
			pass[id] = nil
		case open != nil:
			byChunk[id] = open
		}
	}
	return rows.Err()
}

// undecided is what a version does not decide for all its chunks.
type undecided struct {
	filter index.Filter
	shared map[string]any // what the version has of the filter's keys
}

// readChunks notes the chunks that pass by what they have of their own.
func (u *undecided) readChunks(rows sqlrow.Rows, pass map[int64]bool) error {
	defer rows.Close()
	for rows.Next() {
		var id int64
		var position, size int
		var metadata []byte
		if err := rows.Scan(&id, &position, &size, &metadata); err != nil {
			return err
		}
		var own map[string]any
		if err := json.Unmarshal(metadata, &own); err != nil {
			return fmt.Errorf("metadata of chunk %d: %w", id, err)
		}
		reserved := map[string]any{index.KeyChunkIndex: position, index.KeyChunkSize: size}
		if u.filter.Match(u.shared, own, reserved) {
			pass[id] = true
		}
	}
	return rows.Err()
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
	open := own.Keys()
	for key := range fields {
		if !slices.Contains(open, key) {
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
