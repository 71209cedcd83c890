package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"morag/internal/index"
	"morag/internal/index/vector"
	"morag/internal/sqlite"
)

// sliceBytes is how much of the vectors one slice reads: about 3 ms of the writer's
// time, for which other changes wait.
const sliceBytes = 1 << 20

// showAll tells the vectors which versions are shown, and returns the last chunk that
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
	x.vectors.Switch(shown, nil)
	return last, rows.Err()
}

// load adds the vectors of all chunks up to last. Each slice is read in the writer's
// turn: what it reads and what later commits change reach the vectors in one order.
func (x *Index) load(ctx context.Context, last int64) {
	defer close(x.loaded)
	start := x.now()
	slice := max(1, sliceBytes/(4*x.dimension))
	for done := int64(0); done < last; {
		next, err := x.loadSlice(ctx, done, last, slice)
		if errors.Is(err, sqlite.ErrBusy) {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		if err != nil {
			err = fmt.Errorf("%w: load vectors: %w", index.ErrNotReady, err)
			x.ready.Store(&err)
			if ctx.Err() == nil {
				x.log.Error("the vectors cannot be loaded, searching stays off", "err", err)
			}
			return
		}
		done = next
	}
	x.vectors.Publish()
	x.ready.Store(nil)
	x.log.Info("vectors loaded", "chunks", x.vectors.Snapshot().Len(), "took", x.now().Sub(start))
}

func (x *Index) loadSlice(ctx context.Context, after, last int64, n int) (done int64, err error) {
	err = x.db.Write(ctx, func(ctx context.Context) error {
		rows, err := x.db.Query(ctx, `
			SELECT id, version, vector FROM index_chunk
			WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3`, after, last, n)
		if err != nil {
			return err
		}
		defer rows.Close()
		done = last
		var batches []vector.Batch
		read := 0
		for ; rows.Next(); read++ {
			var id, version int64
			var blob sql.RawBytes
			if err := rows.Scan(&id, &version, &blob); err != nil {
				return err
			}
			v, err := decodeVector(blob, x.dimension)
			if err != nil {
				return fmt.Errorf("chunk %d: %w", id, err)
			}
			if len(batches) == 0 || batches[len(batches)-1].Group != version {
				batches = append(batches, vector.Batch{Group: version})
			}
			b := &batches[len(batches)-1]
			b.Rows = append(b.Rows, vector.Row{ID: id, Vector: v})
			if read == n-1 {
				done = id
			}
		}
		sqlite.AfterCommit(ctx, func() { x.vectors.Add(batches...) })
		return rows.Err()
	})
	return done, err
}

func encodeVector(v []float32) []byte {
	blob := make([]byte, 0, 4*len(v))
	for _, number := range v {
		blob = binary.LittleEndian.AppendUint32(blob, math.Float32bits(number))
	}
	return blob
}

func decodeVector(blob []byte, dimension int) ([]float32, error) {
	if len(blob) != 4*dimension {
		return nil, fmt.Errorf("vector of %d bytes, not %d", len(blob), 4*dimension)
	}
	v := make([]float32, dimension)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(blob[4*i:]))
	}
	return v, nil
}
