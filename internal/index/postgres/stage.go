package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/postgres"
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
	metadata, err := json.Marshal(v.Metadata)
	if err != nil {
		return fmt.Errorf("stage version %s: metadata: %w", v.Name, err)
	}
	for first := true; first || len(chunks) > 0; first = false {
		n := row.BatchSize(chunks)
		batch := chunks[:n]
		var m stored
		err := x.unheld(ctx, func(ctx context.Context) (err error) {
			if m, err = x.stage(ctx, v, string(metadata), batch); err == nil && x.outside != nil && x.outside.Joins() {
				err = x.putStaged(ctx, m, v, batch)
			}
			return err
		})
		if err == nil && x.outside != nil && !x.outside.Joins() {
			err = x.putStaged(ctx, m, v, batch)
		}
		if err != nil {
			return fault("stage version "+v.Name, err)
		}
		chunks = chunks[n:]
	}
	return nil
}

// heldLook is how often it is looked whether something may be staged again.
const heldLook = 20 * time.Millisecond

// unheld writes what may not be written at the moment when it may.
func (x *Index) unheld(ctx context.Context, fn func(ctx context.Context) error) error {
	for {
		err := x.db.Write(ctx, fn)
		if !errors.Is(err, errHeld) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(heldLook):
		}
	}
}

// stage stores one batch in the transaction of ctx.
func (x *Index) stage(ctx context.Context, v index.Version, metadata string, chunks []index.Chunk) (m stored, err error) {
	if m, err = x.goesWith(ctx, v.Model); err != nil {
		return m, err
	}
	if now, err := x.db.Now(ctx); err != nil || m.held > now.UnixMicro() {
		return m, errors.Join(err, errHeld)
	}
	version, err := x.staged(ctx, v, metadata, chunks)
	if err != nil || len(chunks) == 0 {
		return m, err
	}
	var rows pgx.Batch
	for _, c := range chunks {
		if len(c.Vector) != m.Dimension {
			return m, fmt.Errorf("%w: the vector of chunk %d has %d dimensions, the index %d", index.ErrModel, c.Index, len(c.Vector), m.Dimension)
		}
		metadata, err := json.Marshal(c.Metadata)
		if err != nil {
			return m, fmt.Errorf("metadata of chunk %d: %w", c.Index, err)
		}
		places, err := row.EncodePlaces(c.Places)
		if err != nil {
			return m, fmt.Errorf("places of chunk %d: %w", c.Index, err)
		}
		rows.Queue(`
			INSERT INTO index_chunk (version, position, size, metadata, content, vector, places) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (version, position) DO UPDATE SET size = excluded.size, metadata = excluded.metadata,
				content = excluded.content, vector = excluded.vector, places = excluded.places`,
			version, c.Index, utf8.RuneCountInString(c.Content), postgres.Text(string(metadata)), postgres.Text(c.Content),
			m.with(c.Vector), postgres.Text(places))
		m.put(&rows, version, c)
	}
	return m, x.db.Batch(ctx, &rows)
}

// with is what is stored of a vector with its chunk.
func (m stored) with(v []float32) []byte {
	if m.ID == row.FirstModel {
		return row.EncodeVector(v)
	}
	return []byte{}
}

// put stores the vector of a chunk that was stored before in the batch. Those that other models
// have made are no longer right.
func (m stored) put(rows *pgx.Batch, version int64, c index.Chunk) {
	rows.Queue(`DELETE FROM index_vector x USING index_chunk c
		WHERE c.version = $1 AND c.position = $2 AND x.chunk = c.id AND x.model <> $3`, version, c.Index, m.ID)
	if m.ID == row.FirstModel {
		return
	}
	rows.Queue(`INSERT INTO index_vector (chunk, model, vector) SELECT c.id, $3, $4 FROM index_chunk c WHERE c.version = $1 AND c.position = $2
		ON CONFLICT (chunk, model) DO UPDATE SET vector = excluded.vector`, version, c.Index, m.ID, row.EncodeVector(c.Vector))
}

// staged is the number of a version that never was shown, made when it is new. Its row
// gets to know what v says, and the keys of the chunks' metadata.
func (x *Index) staged(ctx context.Context, v index.Version, metadata string, chunks []index.Chunk) (int64, error) {
	var version int64
	var known string
	var state int
	now, err := x.db.Now(ctx)
	if err != nil {
		return 0, err
	}
	err = x.db.QueryRow(ctx, `
		INSERT INTO index_version (name, owner, document, content_type, source_name, method, metadata, chunk_count, staged)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, document = excluded.document, content_type = excluded.content_type, source_name = excluded.source_name,
			method = excluded.method, metadata = excluded.metadata, chunk_count = excluded.chunk_count, staged = excluded.staged
		RETURNING id, keys, state`,
		postgres.Text(v.Name), postgres.Text(v.Owner), postgres.Text(v.DocumentID), postgres.Text(v.ContentType), postgres.Text(v.SourceName),
		postgres.Text(v.ProcessingMethod), postgres.Text(metadata), v.Chunks, now.UnixMicro()).
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
	_, err = x.db.Exec(ctx, `UPDATE index_version SET keys = $2 WHERE id = $1`, version, postgres.Text(all))
	return version, err
}
