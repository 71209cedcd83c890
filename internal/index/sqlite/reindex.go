package sqlite

import (
	"context"
	"errors"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/index/vector"
	"morag/internal/sqlite"
	"morag/internal/sqlrow"
)

// Begin implements [index.Reindexer].
func (x *Index) Begin(ctx context.Context, m index.Model) error {
	err := x.db.Write(ctx, func(ctx context.Context) error {
		_, used, err := x.storedModel(ctx, modelUsed)
		if err != nil {
			return err
		}
		if used == m {
			return fmt.Errorf("%w: it is searched by vectors of %s already", index.ErrModel, row.Named(m))
		}
		_, next, err := x.storedModel(ctx, modelNext)
		if err != nil || next == m {
			return err
		}
		if err := x.abandon(ctx); err != nil {
			return err
		}
		return x.exec(ctx, `INSERT INTO index_model (name, dimension, state) VALUES (?1, ?2, 0)`, m.Name, m.Dimension)
	})
	return fault("begin to reindex", err)
}

// Next implements [index.Reindexer].
func (x *Index) Next(ctx context.Context) (index.Model, error) {
	_, next, err := x.storedModel(ctx, modelNext)
	return next, fault("read the next model", err)
}

// Abandon implements [index.Reindexer].
func (x *Index) Abandon(ctx context.Context) error {
	return fault("abandon reindexing", x.db.Write(ctx, x.abandon))
}

func (x *Index) abandon(ctx context.Context) error {
	sqlite.AfterCommit(ctx, func() { x.next.Store(nil) })
	return x.exec(ctx, `UPDATE index_model SET state = 2 WHERE state = 0`)
}

// lacking tells chunks that have no vector of model ?1.
const lacking = `NOT EXISTS (SELECT 1 FROM index_vector x WHERE x.chunk = c.id AND x.model = ?1)`

// Unembedded implements [index.Reindexer].
func (x *Index) Unembedded(ctx context.Context, after int64, n int) ([]index.Unembedded, error) {
	all, err := x.unembedded(ctx, after, n)
	return all, fault("read chunks to embed", err)
}

func (x *Index) unembedded(ctx context.Context, after int64, n int) ([]index.Unembedded, error) {
	id, _, err := x.storedModel(ctx, modelNext)
	if err != nil {
		return nil, err
	}
	rows, err := x.db.Query(ctx, `
		SELECT c.id, c.content FROM index_chunk c CROSS JOIN index_version v ON v.id = c.version
		WHERE c.id > ?2 AND v.state <> 2 AND `+lacking+` ORDER BY c.id LIMIT ?3`, id, after, n)
	return sqlrow.All(rows, err, row.ScanUnembedded)
}

// Embed implements [index.Reindexer].
func (x *Index) Embed(ctx context.Context, vectors []index.Embedded) error {
	for len(vectors) > 0 {
		batch := vectors[:min(len(vectors), row.EmbedChunks)]
		if err := x.db.Write(ctx, func(ctx context.Context) error { return x.embed(ctx, batch) }); err != nil {
			return fault("store vectors", err)
		}
		vectors = vectors[len(batch):]
	}
	return nil
}

func (x *Index) embed(ctx context.Context, vectors []index.Embedded) error {
	id, m, err := x.storedModel(ctx, modelNext)
	if err != nil {
		return err
	}
	if m == (index.Model{}) {
		return row.ErrNotBegun
	}
	var batches []vector.Batch
	for _, v := range vectors {
		if err := row.CheckEmbedded(v, m); err != nil {
			return err
		}
		versions, err := x.numbers(ctx, `
			INSERT OR REPLACE INTO index_vector (chunk, model, vector)
			SELECT c.id, ?1, ?2 FROM index_chunk c WHERE c.id = ?3 AND c.content = ?4
			RETURNING (SELECT version FROM index_chunk WHERE id = ?3)`, id, row.EncodeVector(v.Vector), v.Chunk, v.Content)
		if err != nil {
			return err
		}
		for _, version := range versions {
			batches = append(batches, vector.Batch{Group: version, Rows: []vector.Row{{ID: v.Chunk, Vector: v.Vector}}})
		}
	}
	sqlite.AfterCommit(ctx, func() {
		if next := x.next.Load(); next != nil {
			next.Vectors.Add(batches...)
		}
	})
	return nil
}

// Count implements [index.Reindexer].
func (x *Index) Count(ctx context.Context) (chunks, embedded int, err error) {
	id, _, err := x.storedModel(ctx, modelNext)
	if err == nil {
		err = x.db.QueryRow(ctx, `
			SELECT count(*), count(*) FILTER (WHERE NOT (`+lacking+`))
			FROM index_version v CROSS JOIN index_chunk c ON c.version = v.id WHERE v.state <> 2`, id).Scan(&chunks, &embedded)
	}
	return chunks, embedded, fault("count chunks", err)
}

// Finish implements [index.Reindexer].
func (x *Index) Finish(ctx context.Context, embed index.Embedding) (bool, error) {
	x.finish.Lock()
	defer x.finish.Unlock()
	done, err := x.finishNext(ctx, embed)
	return done, fault("switch to the next model", err)
}

func (x *Index) finishNext(ctx context.Context, embed index.Embedding) (done bool, err error) {
	select {
	case <-x.loaded:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if err := x.Ready(); err != nil {
		return false, err
	}
	if last, err := x.unembedded(ctx, 0, row.LastChunks+1); err != nil || len(last) > row.LastChunks {
		return false, err
	}
	if x.next.Load() == nil {
		if err := x.fill(ctx); err != nil {
			return false, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, index.FinishTimeout)
	defer cancel()
	x.staging.Lock()
	defer x.staging.Unlock()
	last, err := x.unembedded(ctx, 0, row.LastChunks+1)
	if err != nil || len(last) > row.LastChunks {
		return false, err
	}
	vectors, err := index.EmbedAll(ctx, last, embed)
	if err == nil {
		err = x.Embed(ctx, vectors)
	}
	if err != nil {
		return false, err
	}
	return true, x.db.Write(ctx, x.useNext)
}

// useNext switches to the next model in the transaction of ctx.
func (x *Index) useNext(ctx context.Context) error {
	next := x.next.Load()
	if next == nil { // it was abandoned
		return row.ErrNotBegun
	}
	var lacks bool
	err := x.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM index_version v CROSS JOIN index_chunk c ON c.version = v.id
		WHERE v.state = 1 AND `+lacking+`)`, next.ID).Scan(&lacks)
	if err == nil && lacks {
		err = errors.New("chunks without a vector came meanwhile")
	}
	if err == nil {
		err = x.exec(ctx, `UPDATE index_model SET state = 2, done = 0 WHERE state = 1`)
	}
	if err == nil {
		err = x.exec(ctx, `UPDATE index_model SET state = 1 WHERE id = ?1`, next.ID)
	}
	sqlite.AfterCommit(ctx, func() {
		x.used.Store(next)
		x.next.Store(nil)
		x.growth.made(next.Vectors.Snapshot().Len())
	})
	return err
}

// fill holds the vectors of the next model in memory. From the beginning on that follows
// what is staged, shown and swept, as the set that is searched does.
func (x *Index) fill(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			x.next.Store(nil)
		}
	}()
	var all there
	var next *row.Model
	err = x.db.Write(ctx, func(ctx context.Context) error {
		id, m, err := x.storedModel(ctx, modelNext)
		if err != nil {
			return err
		}
		if m == (index.Model{}) {
			return row.ErrNotBegun
		}
		next = x.newModel(id, m)
		var shown []vector.Shown
		if all, shown, err = x.present(ctx); err != nil {
			return err
		}
		sqlite.AfterCommit(ctx, func() {
			next.Vectors.Switch(shown, nil)
			x.next.Store(next)
		})
		return nil
	})
	if err != nil {
		return err
	}
	words := make(map[int64]bool, len(all.versions)) // are there
	for _, v := range all.versions {
		words[v] = true
	}
	for at := (position{left: all.versions}); len(at.left) > 0; {
		slice := slice{model: next, last: all.last, n: max(1, sliceBytes/(4*next.Dimension)), files: restored{words: words}}
		err := x.loadSlice(ctx, at, &slice)
		if errors.Is(err, sqlite.ErrBusy) {
			if err := pause(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		at = slice.next
	}
	next.Vectors.Publish()
	return nil
}

// sweepModels removes up to n vectors of models that are no longer used.
func (x *Index) sweepModels(ctx context.Context, n int) (removed int, err error) {
	// In the writer's turn every switch away from them has reached the searches to come.
	var old bool
	err = x.db.Write(ctx, func(ctx context.Context) error {
		id, _, err := x.storedModel(ctx, modelOld)
		old = id != 0
		return err
	})
	if err != nil || !old {
		return 0, err
	}
	if err := x.readers.Wait(ctx); err != nil {
		return 0, err
	}
	for more := true; more && removed < n; {
		var count int
		err = x.db.Write(ctx, func(ctx context.Context) (err error) {
			count, more, err = x.sweepModel(ctx, min(sweepBatch, n-removed))
			return err
		})
		if err != nil {
			return removed, err
		}
		removed += count
	}
	return removed, nil
}

// sweepModel removes up to n vectors of a model, and then the model.
func (x *Index) sweepModel(ctx context.Context, n int) (removed int, more bool, err error) {
	id, m, err := x.storedModel(ctx, modelOld)
	if err != nil || m == (index.Model{}) {
		return 0, false, err
	}
	chunks, err := x.numbers(ctx, `
		SELECT c.id FROM index_chunk c WHERE c.id > (SELECT done FROM index_model WHERE id = ?1) ORDER BY c.id LIMIT ?2`, id, n)
	if err != nil {
		return 0, false, err
	}
	for _, chunk := range chunks {
		if id == row.FirstModel {
			err = x.exec(ctx, `UPDATE index_chunk SET vector = x'' WHERE id = ?1`, chunk)
		} else {
			err = x.exec(ctx, `DELETE FROM index_vector WHERE chunk = ?1 AND model = ?2`, chunk, id)
		}
		if err != nil {
			return 0, false, err
		}
	}
	if len(chunks) == 0 {
		return 0, true, x.exec(ctx, `DELETE FROM index_model WHERE id = ?1`, id)
	}
	return len(chunks), true, x.exec(ctx, `UPDATE index_model SET done = ?2 WHERE id = ?1`, id, chunks[len(chunks)-1])
}
