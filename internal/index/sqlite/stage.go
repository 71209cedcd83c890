package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/index/vector"
	"morag/internal/index/word"
	"morag/internal/sqlite"
)

// The states of a version.
const (
	stateStaged = iota
	stateShown
	stateHidden
)

// errUsed: searches may be reading the version, so it must not change.
var errUsed = errors.New("version is or was in place")

// Stage implements [index.Index].
func (x *Index) Stage(ctx context.Context, v index.Version, chunks []index.Chunk) error {
	if err := row.CheckStaged(v, chunks); err != nil {
		return err
	}
	select {
	case <-x.restored: // nothing is added to words before
	case <-ctx.Done():
		return ctx.Err()
	}
	metadata, err := json.Marshal(v.Metadata)
	if err != nil {
		return fmt.Errorf("stage version %s: metadata: %w", v.Name, err)
	}
	for first := true; first || len(chunks) > 0; first = false {
		n := row.BatchSize(chunks)
		batch := chunks[:n]
		words := x.words.Prepare(row.Texts(v, batch))
		x.staging.RLock()
		err := x.db.Write(ctx, func(ctx context.Context) error { return x.stage(ctx, v, string(metadata), batch, words) })
		x.staging.RUnlock()
		if err != nil {
			return fault("stage version "+v.Name, err)
		}
		chunks = chunks[n:]
	}
	return nil
}

// stage stores one batch in the transaction of ctx.
func (x *Index) stage(ctx context.Context, v index.Version, metadata string, chunks []index.Chunk, words word.Prepared) error {
	m, err := x.sameModel(ctx)
	if err == nil {
		err = row.GoesWith(m.Model, v.Model)
	}
	if err != nil {
		return err
	}
	version, err := x.staged(ctx, v, metadata, chunks)
	if err != nil {
		return err
	}
	batch := vector.Batch{Group: version}
	ids := make([]int64, 0, len(chunks))
	for _, c := range chunks {
		if len(c.Vector) != m.Dimension {
			return fmt.Errorf("%w: the vector of chunk %d has %d dimensions, the index %d", index.ErrModel, c.Index, len(c.Vector), m.Dimension)
		}
		metadata, err := json.Marshal(c.Metadata)
		if err != nil {
			return fmt.Errorf("metadata of chunk %d: %w", c.Index, err)
		}
		places, err := row.EncodePlaces(c.Places)
		if err != nil {
			return fmt.Errorf("places of chunk %d: %w", c.Index, err)
		}
		stored := vector.Row{Vector: slices.Clone(c.Vector)}
		err = x.db.QueryRow(ctx, `
			INSERT INTO index_chunk (version, position, size, metadata, content, vector, places) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT (version, position) DO UPDATE SET size = excluded.size, metadata = excluded.metadata,
				content = excluded.content, vector = excluded.vector, places = excluded.places
			RETURNING id`, version, c.Index, utf8.RuneCountInString(c.Content), string(metadata), c.Content, with(m, c.Vector), places).
			Scan(&stored.ID)
		if err != nil {
			return fmt.Errorf("chunk %d: %w", c.Index, err)
		}
		if err := x.putVector(ctx, m, stored.ID, c.Vector); err != nil {
			return fmt.Errorf("vector of chunk %d: %w", c.Index, err)
		}
		batch.Rows, ids = append(batch.Rows, stored), append(ids, stored.ID)
	}
	sqlite.AfterCommit(ctx, func() {
		m.Vectors.Add(batch)
		if next := x.next.Load(); next != nil {
			next.Vectors.Remove(version, ids) // those that were replaced
		}
		for !x.words.Add(words.Number(version, ids)) { // words were forgotten meanwhile
			words = x.words.Prepare(row.Texts(v, chunks))
		}
	})
	return nil
}

// staged is the number of a version that never was shown, made when it is new. Its row
// gets to know what v says, and the keys of the chunks' metadata.
func (x *Index) staged(ctx context.Context, v index.Version, metadata string, chunks []index.Chunk) (int64, error) {
	var version int64
	var known string
	var state int
	err := x.db.QueryRow(ctx, `
		INSERT INTO index_version (name, owner, document, content_type, source_name, method, metadata, chunk_count, staged)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, document = excluded.document, content_type = excluded.content_type, source_name = excluded.source_name,
			method = excluded.method, metadata = excluded.metadata, chunk_count = excluded.chunk_count, staged = excluded.staged
		RETURNING id, keys, state`,
		v.Name, v.Owner, v.DocumentID, v.ContentType, v.SourceName, v.ProcessingMethod, metadata, v.Chunks, x.now().UnixMicro()).
		Scan(&version, &known, &state)
	if err != nil {
		return 0, err
	}
	if state != stateStaged {
		return 0, errUsed // undoes the update
	}
	all, changed, err := row.MergeKeys(known, chunks)
	if err != nil || !changed {
		return version, err
	}
	_, err = x.db.Exec(ctx, `UPDATE index_version SET keys = ?2 WHERE id = ?1`, version, all)
	return version, err
}
