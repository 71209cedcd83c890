package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/index/vector"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// Any server may begin, and any makes vectors: they are rows. One of them finishes, by one
// commit that is in the log as switches of documents are. The others go over to the other
// model when they come to it, at the latest before their next search.

// Begin implements [index.Reindexer].
func (x *Index) Begin(ctx context.Context, m index.Model) error {
	err := x.db.Write(ctx, func(ctx context.Context) error {
		used, err := x.searched(ctx, "FOR UPDATE")
		if err != nil {
			return err
		}
		if used.Model == m {
			return fmt.Errorf("%w: it is searched by vectors of %s already", index.ErrModel, row.Named(m))
		}
		next, err := x.begun(ctx)
		if err != nil || next.Model == m {
			return err
		}
		if err := x.abandon(ctx); err != nil {
			return err
		}
		return x.exec(ctx, `INSERT INTO index_other_model (name, dimension, state) VALUES ($1, $2, 0)`, postgres.Text(m.Name), m.Dimension)
	})
	if err == nil && x.outside != nil {
		next, failed := x.begun(ctx)
		if err = failed; err == nil {
			_, err = x.outside.Make(ctx, next.ID, next.Dimension)
		}
	}
	return fault("begin to reindex", err)
}

// Next implements [index.Reindexer].
func (x *Index) Next(ctx context.Context) (index.Model, error) {
	next, err := x.begun(ctx)
	return next.Model, fault("read the next model", err)
}

// Abandon implements [index.Reindexer].
func (x *Index) Abandon(ctx context.Context) error {
	return fault("abandon reindexing", x.db.Write(ctx, x.abandon))
}

func (x *Index) abandon(ctx context.Context) error {
	now, err := x.db.Now(ctx)
	if err != nil {
		return err
	}
	return x.exec(ctx, `UPDATE index_other_model SET state = 2, since = $1 WHERE state = 0`, now.UnixMicro())
}

// lacking tells chunks that have no vector of model $1.
const lacking = `NOT EXISTS (SELECT 1 FROM index_vector x WHERE x.chunk = c.id AND x.model = $1)`

// Unembedded implements [index.Reindexer].
func (x *Index) Unembedded(ctx context.Context, after int64, n int) ([]index.Unembedded, error) {
	all, err := x.unembedded(ctx, after, n)
	return all, fault("read chunks to embed", err)
}

func (x *Index) unembedded(ctx context.Context, after int64, n int) ([]index.Unembedded, error) {
	next, err := x.begun(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := x.db.Query(ctx, `SELECT c.id, c.content FROM index_chunk c JOIN index_version v ON v.id = c.version
		WHERE c.id > $2 AND v.state <> 2 AND `+lacking+` ORDER BY c.id LIMIT $3`, next.ID, after, n)
	return sqlrow.All(rows, err, row.ScanUnembedded)
}

// Embed implements [index.Reindexer].
func (x *Index) Embed(ctx context.Context, vectors []index.Embedded) error {
	for len(vectors) > 0 {
		batch := vectors[:min(len(vectors), row.EmbedChunks)]
		if err := x.putEmbedded(ctx, batch); err != nil {
			return fault("store vectors", err)
		}
		if err := x.db.Write(ctx, func(ctx context.Context) error { return x.embed(ctx, batch) }); err != nil {
			return fault("store vectors", err)
		}
		vectors = vectors[len(batch):]
	}
	return nil
}

func (x *Index) embed(ctx context.Context, vectors []index.Embedded) error {
	next, err := x.begun(ctx)
	if err != nil {
		return err
	}
	if next.Model == (index.Model{}) {
		return row.ErrNotBegun
	}
	var rows pgx.Batch
	for _, v := range vectors {
		if err := row.CheckEmbedded(v, next.Model); err != nil {
			return err
		}
		// The lock has whoever stages the chunk again come before or after.
		rows.Queue(`INSERT INTO index_vector (chunk, model, vector)
			SELECT c.id, $1, $2 FROM index_chunk c WHERE c.id = $3 AND c.content = $4 FOR UPDATE
			ON CONFLICT (chunk, model) DO UPDATE SET vector = excluded.vector`,
			next.ID, row.EncodeVector(v.Vector), v.Chunk, postgres.Text(v.Content))
	}
	return x.db.Batch(ctx, &rows)
}

// Count implements [index.Reindexer].
func (x *Index) Count(ctx context.Context) (chunks, embedded int, err error) {
	next, err := x.begun(ctx)
	if err == nil {
		err = x.db.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE NOT (`+lacking+`))
			FROM index_version v JOIN index_chunk c ON c.version = v.id WHERE v.state <> 2`, next.ID).Scan(&chunks, &embedded)
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
	if err := x.prepare(ctx); err != nil {
		return false, err
	}
	if x.outside != nil {
		next, err := x.begun(ctx)
		if err == nil && next.Model == (index.Model{}) {
			err = row.ErrNotBegun
		}
		if err == nil {
			err = x.ensure(ctx, next)
		}
		if err != nil {
			return false, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, index.FinishTimeout)
	defer cancel()
	if err := x.hold(ctx, index.FinishTimeout); err != nil {
		return false, err
	}
	defer func() {
		if !done {
			_ = x.hold(context.WithoutCancel(ctx), 0) // else it ends by itself
		}
	}()
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
	err = x.db.Write(ctx, x.useNext)
	if errors.Is(err, errLacks) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	x.db.Tell(topic, "model")
	return true, x.follow(ctx)
}

// hold keeps everybody from staging for so long, 0 for no longer.
func (x *Index) hold(ctx context.Context, d time.Duration) error {
	return x.db.Write(ctx, func(ctx context.Context) error {
		now, err := x.db.Now(ctx)
		if err != nil {
			return err
		}
		until := int64(0)
		if d > 0 {
			until = now.Add(d).UnixMicro()
		}
		// What is being staged ends before.
		if _, err := x.searched(ctx, "FOR UPDATE"); err != nil {
			return err
		}
		return x.exec(ctx, `UPDATE index_model SET held = $1`, until)
	})
}

// errLacks: a server that was held up for longer than others are has shown what has no vector.
var errLacks = errors.New("chunks without a vector came meanwhile")

// useNext switches to the next model in the transaction of ctx.
func (x *Index) useNext(ctx context.Context) error {
	used, err := x.searched(ctx, "FOR UPDATE")
	if err != nil {
		return err
	}
	next, err := x.begun(ctx)
	if err != nil {
		return err
	}
	if next.Model == (index.Model{}) { // it was abandoned
		return row.ErrNotBegun
	}
	var lacks bool
	err = x.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM index_version v JOIN index_chunk c ON c.version = v.id
		WHERE v.state = 1 AND `+lacking+`)`, next.ID).Scan(&lacks)
	if err == nil && lacks {
		err = errLacks
	}
	if err != nil {
		return err
	}
	now, err := x.db.Now(ctx)
	if err != nil {
		return err
	}
	var all pgx.Batch
	all.Queue(`DELETE FROM index_other_model WHERE id = $1`, next.ID)
	all.Queue(`INSERT INTO index_other_model (id, name, dimension, state, since) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, 2, $4)`,
		used.ID, used.Name, used.Dimension, now.UnixMicro())
	all.Queue(`UPDATE index_model SET id = $1, name = $2, dimension = $3, held = 0`, next.ID, next.Name, next.Dimension)
	all.Queue(`INSERT INTO index_log (version, shown, model) VALUES (0, false, $1)`, next.ID)
	return x.db.Batch(ctx, &all)
}

// prepare holds the vectors of the next model in memory that are there by now, so that going
// over to it takes no time.
func (x *Index) prepare(ctx context.Context) error {
	if x.outside != nil {
		return nil
	}
	next, err := x.begun(ctx)
	if err != nil {
		return err
	}
	f := &x.followed
	f.mu.Lock()
	switch {
	case next.Model == (index.Model{}):
		f.next, f.filled = nil, nil
	case f.next == nil || f.next.ID != next.ID || f.next.Model != next.Model:
		f.next, f.filled = x.newModel(next.ID, next.Model), map[int64]bool{}
	}
	m := f.next
	f.mu.Unlock()
	if m == nil {
		return nil
	}
	whole, err := x.numbers(ctx, `SELECT v.id FROM index_version v WHERE v.state = 1 AND v.chunk_count =
		(SELECT count(*) FROM index_chunk c JOIN index_vector x ON x.chunk = c.id AND x.model = $1 WHERE c.version = v.id)`, m.ID)
	if err != nil {
		return err
	}
	for _, version := range whole {
		if err := x.prepareVersion(ctx, m, version); err != nil {
			return err
		}
	}
	return nil
}

// prepareVersion does so for a version, while no search follows the log.
func (x *Index) prepareVersion(ctx context.Context, m *row.Model, version int64) error {
	f := &x.followed
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, shown := f.shown[version]; !shown || f.next != m || f.filled[version] {
		return nil
	}
	if err := x.fillVectors(ctx, m, version); err != nil {
		return err
	}
	f.filled[version] = true
	return nil
}

// goOver has searches use the model that is searched by now. Of what was not prepared the
// vectors are read first. followed.mu is held.
func (x *Index) goOver(ctx context.Context) error {
	now, err := x.searched(ctx, "")
	if err != nil || now.ID == x.used.Load().ID {
		return err
	}
	f := &x.followed
	m, filled := f.next, f.filled
	if m == nil || m.ID != now.ID {
		m, filled = x.newModel(now.ID, now.Model), map[int64]bool{}
	}
	shown := make([]vector.Shown, 0, len(f.shown))
	for version, owner := range f.shown {
		if !filled[version] && x.outside == nil {
			if err := x.fillVectors(ctx, m, version); err != nil {
				return err
			}
		}
		shown = append(shown, vector.Shown{Group: version, Owner: owner})
	}
	m.Vectors.Switch(shown, nil)
	m.Vectors.Publish()
	f.next, f.filled = nil, nil
	x.used.Store(m)
	x.log.Info("searches use the vectors of another model", "model", m.Name, "chunks", m.Vectors.Snapshot().Len())
	return nil
}

// fillVectors adds the vectors of a version, hidden.
func (x *Index) fillVectors(ctx context.Context, m *row.Model, version int64) error {
	for from := 0; from >= 0; {
		slice, err := x.readSlice(ctx, m, version, from, true, false)
		if err != nil {
			return err
		}
		m.Vectors.Add(slice.vectors)
		from = slice.next
	}
	return nil
}

// keepOld is how long the vectors of a model are kept after it was searched: another server may
// be in a search that has begun before.
const keepOld = time.Minute

// sweepModels removes up to n vectors of models that are no longer used, and then the models.
func (x *Index) sweepModels(ctx context.Context, n int) error {
	for removed := 0; removed < n; {
		count, err := 0, error(nil)
		more := false
		err = x.db.Write(ctx, func(ctx context.Context) (err error) {
			count, more, err = x.sweepModel(ctx, min(sweepBatch, n-removed))
			return err
		})
		if err != nil || !more {
			return err
		}
		removed += count
	}
	return nil
}

// sweepModel removes up to n vectors of a model, and the model when there are none.
func (x *Index) sweepModel(ctx context.Context, n int) (removed int, more bool, err error) {
	now, err := x.db.Now(ctx)
	if err != nil {
		return 0, false, err
	}
	var id, done int64
	err = x.db.QueryRow(ctx, `SELECT id, done FROM index_other_model WHERE state = 2 AND since <= $1 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`,
		now.Add(-keepOld).UnixMicro()).Scan(&id, &done)
	if errors.Is(err, postgres.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	chunks, err := x.numbers(ctx, `SELECT id FROM index_chunk WHERE id > $1 ORDER BY id LIMIT $2`, done, n)
	if err != nil {
		return 0, false, err
	}
	if len(chunks) == 0 {
		if err := x.dropOutside(ctx, id); err != nil {
			return 0, false, err
		}
		return 0, true, x.exec(ctx, `DELETE FROM index_other_model WHERE id = $1`, id)
	}
	if id == row.FirstModel {
		err = x.exec(ctx, `UPDATE index_chunk SET vector = '' WHERE id = ANY ($1::bigint[])`, chunks)
	} else {
		err = x.exec(ctx, `DELETE FROM index_vector WHERE chunk = ANY ($1::bigint[]) AND model = $2`, chunks, id)
	}
	if err == nil {
		err = x.exec(ctx, `UPDATE index_other_model SET done = $2 WHERE id = $1`, id, chunks[len(chunks)-1])
	}
	return len(chunks), true, err
}
