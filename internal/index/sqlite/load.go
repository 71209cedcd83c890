package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/index/vector"
	"morag/internal/sqlite"
)

// sliceBytes is how much of the vectors one slice reads: about 3 ms of the writer's
// time, for which other changes wait.
const sliceBytes = 1 << 20

// there is what an index has when it is opened.
type there struct {
	last     int64 // chunk
	versions []int64
	shown    map[int64]shownVersion
}

// showAll tells vectors and words which versions are shown, and returns what is to be
// loaded. Nothing changes before it returns, for nobody has the index yet.
func (x *Index) showAll(ctx context.Context) (there, error) {
	all, shown, err := x.present(ctx)
	if err != nil {
		return all, err
	}
	for _, v := range all.shown {
		x.growth.shown.Add(int64(v.chunks))
	}
	x.publish(shown, nil)
	return all, nil
}

// present is what there is.
func (x *Index) present(ctx context.Context) (all there, shown []vector.Shown, err error) {
	if err := x.db.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM index_chunk`).Scan(&all.last); err != nil {
		return all, nil, err
	}
	if all.versions, err = x.numbers(ctx, `SELECT id FROM index_version ORDER BY id`); err != nil {
		return all, nil, err
	}
	if all.shown, err = x.shownVersions(ctx); err != nil {
		return all, nil, err
	}
	for id, v := range all.shown {
		shown = append(shown, vector.Shown{Group: id, Owner: v.owner})
	}
	return all, shown, nil
}

// load adds vectors and words of all chunks that are there. Those that the files do not have
// are made of rows. Each slice is read in the writer's
// turn: what it reads and what later commits change reach the vectors in one order. Words
// take longer to make, and are made meanwhile; they know what is newer by themselves. It
// is false when it has failed.
func (x *Index) load(ctx context.Context, all there) bool {
	defer close(x.loaded)
	start := x.now()
	files, used := x.restore(all.shown), x.used.Load()
	close(x.restored)
	var making sync.WaitGroup
	defer making.Wait()
	ahead := make(chan struct{}, 2*runtime.GOMAXPROCS(0)) // slices that are held in memory
	made := 0
	next := position{left: slices.DeleteFunc(all.versions, func(v int64) bool { return files.words[v] && files.vectors[v] })}
	for len(next.left) > 0 {
		slice := slice{model: used, last: all.last, n: max(1, sliceBytes/(4*used.Dimension)), files: files}
		err := x.loadSlice(ctx, next, &slice)
		if errors.Is(err, sqlite.ErrBusy) {
			_ = pause(ctx) // when ctx has ended, the next try tells
			continue
		}
		if err != nil {
			err = fmt.Errorf("%w: load: %w", index.ErrNotReady, err)
			x.ready.Store(&err)
			if ctx.Err() == nil {
				x.log.Error("the index cannot be loaded, searching stays off", "err", err)
			}
			return false
		}
		next = slice.next
		made += slice.chunks
		ahead <- struct{}{}
		making.Go(func() {
			defer func() { <-ahead }()
			for _, w := range slice.words {
				for !x.words.Load(x.words.Prepare(row.Texts(w.as, w.chunks)).Number(w.version, w.ids)) {
				}
			}
		})
	}
	making.Wait()
	used.Vectors.Publish()
	x.words.Loaded()
	x.ready.Store(nil)
	x.log.Info("index loaded", "chunks", used.Vectors.Snapshot().Len(), "of rows", made, "took", x.now().Sub(start))
	x.growth.made(made)
	return true
}

// pause waits a little, since the writer is busy.
func pause(ctx context.Context) error {
	select {
	case <-time.After(100 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// worded is chunks of one version whose words are to be made.
type worded struct {
	version int64
	as      index.Version
	ids     []int64
	chunks  []index.Chunk
}

func (x *Index) loadSlice(ctx context.Context, from position, s *slice) error {
	return x.db.Write(ctx, func(ctx context.Context) error {
		s.next, s.chunks, s.vectors, s.words = from, 0, nil, nil
		if err := s.read(ctx, x.db); err != nil {
			return err
		}
		sqlite.AfterCommit(ctx, func() { s.model.Vectors.Add(s.vectors...) })
		return nil
	})
}

// position is how far the loading has come: the versions that are left, and of the first of
// them the first chunk.
type position struct {
	left []int64
	from int
}

// page is how many versions are looked at for one slice.
const page = 256

// slice is chunks as they are loaded.
type slice struct {
	model *row.Model
	last  int64 // chunks behind it are not loaded
	n     int   // chunks at most
	files restored

	next    position
	chunks  int
	vectors []vector.Batch
	words   []worded
}

func (s *slice) read(ctx context.Context, db *sqlite.DB) error {
	versions := s.next.left[:min(len(s.next.left), page)]
	if s.next.from > 0 {
		versions = versions[:1]
	}
	list, err := json.Marshal(versions)
	if err != nil {
		return err
	}
	vector, of := `c.vector`, ``
	if s.model.ID != row.FirstModel {
		vector, of = `coalesce(x.vector, x'')`, `LEFT JOIN index_vector x ON x.chunk = c.id AND x.model = ?5`
	}
	rows, err := db.Query(ctx, `
		SELECT c.id, c.version, c.position, `+vector+`, c.content, c.metadata, v.source_name, v.metadata
		FROM json_each(?1) j CROSS JOIN index_chunk c INDEXED BY index_chunk_position ON c.version = j.value
			CROSS JOIN index_version v ON v.id = c.version `+of+`
		WHERE c.position >= ?3 AND c.id <= ?2 LIMIT ?4`, // in the order of the list and the index
		string(list), s.last, s.next.from, s.n, s.model.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	at := -1 // of the version in versions
	for rows.Next() {
		version, position, err := s.take(rows)
		if err != nil {
			return err
		}
		for at < 0 || versions[at] != version {
			at++
		}
		s.next.from = position + 1
	}
	if s.chunks < s.n {
		s.next = position{left: s.next.left[len(versions):]}
	} else {
		s.next.left = s.next.left[at:]
	}
	return rows.Err()
}

// take adds a chunk.
func (s *slice) take(rows *sql.Rows) (version int64, position int, err error) {
	var id int64
	var name string
	var chunk index.Chunk
	var blob, own, shared sql.RawBytes
	if err := rows.Scan(&id, &version, &chunk.Index, &blob, &chunk.Content, &own, &name, &shared); err != nil {
		return 0, 0, err
	}
	s.chunks++
	// Of chunks that were staged for another model there is none.
	if !s.files.vectors[version] && (len(blob) > 0 || s.model.ID == row.FirstModel) {
		if len(s.vectors) == 0 || s.vectors[len(s.vectors)-1].Group != version {
			s.vectors = append(s.vectors, vector.Batch{Group: version})
		}
		v := make([]float32, s.model.Dimension)
		if err := row.DecodeVector(v, blob); err != nil {
			return 0, 0, fmt.Errorf("chunk %d: %w", id, err)
		}
		b := &s.vectors[len(s.vectors)-1]
		b.Rows = append(b.Rows, vector.Row{ID: id, Vector: v})
	}
	if s.files.words[version] {
		return version, chunk.Index, nil
	}
	if len(s.words) == 0 || s.words[len(s.words)-1].version != version {
		as := index.Version{SourceName: name}
		if err := json.Unmarshal(shared, &as.Metadata); err != nil {
			return 0, 0, fmt.Errorf("metadata of version %d: %w", version, err)
		}
		s.words = append(s.words, worded{version: version, as: as})
	}
	if err := json.Unmarshal(own, &chunk.Metadata); err != nil {
		return 0, 0, fmt.Errorf("metadata of chunk %d: %w", id, err)
	}
	w := &s.words[len(s.words)-1]
	w.ids, w.chunks = append(w.ids, id), append(w.chunks, chunk)
	return version, chunk.Index, nil
}
