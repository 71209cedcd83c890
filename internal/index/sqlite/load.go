package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"morag/internal/index"
	"morag/internal/index/vector"
	"morag/internal/sqlite"
)

// sliceBytes is how much of the vectors one slice reads: about 3 ms of the writer's
// time, for which other changes wait.
const sliceBytes = 1 << 20

// showAll tells vectors and words which versions are shown, and returns the last chunk that
// is to be loaded. Nothing changes before it returns, for nobody has the index yet.
func (x *Index) showAll(ctx context.Context) (last int64, err error) {
	if err := x.db.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM index_chunk`).Scan(&last); err != nil {
		return 0, err
	}
	rows, err := x.db.Query(ctx, `SELECT id, owner FROM index_version WHERE state = 1`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var shown []vector.Shown
	for rows.Next() {
		var s vector.Shown
		if err := rows.Scan(&s.Group, &s.Owner); err != nil {
			return 0, err
		}
		shown = append(shown, s)
	}
	x.publish(shown, nil)
	return last, rows.Err()
}

// load adds vectors and words of all chunks up to last. Each slice is read in the writer's
// turn: what it reads and what later commits change reach the vectors in one order. Words
// take longer to make, and are made meanwhile; they know what is newer by themselves.
func (x *Index) load(ctx context.Context, last int64) {
	defer close(x.loaded)
	start := x.now()
	var making sync.WaitGroup
	defer making.Wait()
	ahead := make(chan struct{}, 2*runtime.GOMAXPROCS(0)) // slices that are held in memory
	slice := max(1, sliceBytes/(4*x.dimension))
	for done := int64(0); done < last; {
		next, words, err := x.loadSlice(ctx, done, last, slice)
		if errors.Is(err, sqlite.ErrBusy) {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		if err != nil {
			err = fmt.Errorf("%w: load: %w", index.ErrNotReady, err)
			x.ready.Store(&err)
			if ctx.Err() == nil {
				x.log.Error("the index cannot be loaded, searching stays off", "err", err)
			}
			return
		}
		done = next
		ahead <- struct{}{}
		making.Go(func() {
			defer func() { <-ahead }()
			for _, w := range words {
				x.words.Load(x.words.Prepare(texts(w.as, w.chunks)).Number(w.version, w.ids))
			}
		})
	}
	making.Wait()
	x.vectors.Publish()
	x.words.Loaded()
	x.ready.Store(nil)
	x.log.Info("index loaded", "chunks", x.vectors.Snapshot().Len(), "took", x.now().Sub(start))
}

// worded is chunks of one version whose words are to be made.
type worded struct {
	version int64
	as      index.Version
	ids     []int64
	chunks  []index.Chunk
}

func (x *Index) loadSlice(ctx context.Context, after, last int64, n int) (done int64, words []worded, err error) {
	err = x.db.Write(ctx, func(ctx context.Context) error {
		slice := slice{dimension: x.dimension}
		if err := slice.read(ctx, x.db, after, last, n); err != nil {
			return err
		}
		if done, words = last, slice.words; slice.chunks == n {
			done = slice.last
		}
		sqlite.AfterCommit(ctx, func() { x.vectors.Add(slice.vectors...) })
		return nil
	})
	return done, words, err
}

// slice is chunks as they are loaded.
type slice struct {
	dimension int
	chunks    int
	last      int64
	vectors   []vector.Batch
	words     []worded
}

func (s *slice) read(ctx context.Context, db *sqlite.DB, after, last int64, n int) error {
	rows, err := db.Query(ctx, `
		SELECT c.id, c.version, c.position, c.vector, c.content, c.metadata, v.source_name, v.metadata
		FROM index_chunk c CROSS JOIN index_version v ON v.id = c.version
		WHERE c.id > ?1 AND c.id <= ?2 ORDER BY c.id LIMIT ?3`, after, last, n)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var version int64
		var name string
		var chunk index.Chunk
		var blob, own, shared sql.RawBytes
		if err := rows.Scan(&s.last, &version, &chunk.Index, &blob, &chunk.Content, &own, &name, &shared); err != nil {
			return err
		}
		v := make([]float32, s.dimension)
		if err := decodeVector(v, blob); err != nil {
			return fmt.Errorf("chunk %d: %w", s.last, err)
		}
		if len(s.words) == 0 || s.words[len(s.words)-1].version != version {
			s.vectors = append(s.vectors, vector.Batch{Group: version})
			as := index.Version{SourceName: name}
			if err := json.Unmarshal(shared, &as.Metadata); err != nil {
				return fmt.Errorf("metadata of version %d: %w", version, err)
			}
			s.words = append(s.words, worded{version: version, as: as})
		}
		if err := json.Unmarshal(own, &chunk.Metadata); err != nil {
			return fmt.Errorf("metadata of chunk %d: %w", s.last, err)
		}
		b, w := &s.vectors[len(s.vectors)-1], &s.words[len(s.words)-1]
		b.Rows = append(b.Rows, vector.Row{ID: s.last, Vector: v})
		w.ids, w.chunks = append(w.ids, s.last), append(w.chunks, chunk)
		s.chunks++
	}
	return rows.Err()
}
