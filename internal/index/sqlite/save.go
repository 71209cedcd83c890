package sqlite

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"morag/internal/index/mapped"
	"morag/internal/index/row"
	"morag/internal/index/token"
)

// growth is how many chunks are shown, and how many came or went since they were saved.
type growth struct {
	shown, unsaved atomic.Int64
	signal         chan struct{} // there may be enough to save
}

// add notes chunks that are shown, and removed such as no longer are, whose words are to
// leave the file.
func (g *growth) add(added, removed int) {
	g.shown.Add(int64(added - removed))
	g.made(added + removed)
}

// made notes chunks that the files have otherwise or not at all.
func (g *growth) made(n int) {
	if g.unsaved.Add(int64(n)); g.due() {
		select {
		case g.signal <- struct{}{}:
		default:
		}
	}
}

// Enough chunks to save are an eighth of all, so that a start has no more than that to make
// of rows, and what is written in all is no more than nine times what there is.
const (
	saveShare = 8
	saveLeast = 2000
)

func (g *growth) due() bool { return g.unsaved.Load() > max(saveLeast, g.shown.Load()/saveShare) }

// keepSaved saves words and vectors whenever there is enough to save, until ctx ends. What
// goes wrong only makes the next start slower.
func (x *Index) keepSaved(ctx context.Context) {
	if x.folder == "" {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.growth.signal:
		}
		if !x.growth.due() {
			continue
		}
		if err := x.save(ctx); err != nil && ctx.Err() == nil {
			x.log.Warn("words and vectors are not saved, the next start makes them anew", "err", err)
		}
	}
}

// save writes words and vectors to their files.
func (x *Index) save(ctx context.Context) error {
	start := x.now()
	x.growth.unsaved.Store(0)
	if err := os.MkdirAll(x.folder, 0o700); err != nil {
		return err
	}
	versions, err := x.shownVersions(ctx)
	if err != nil {
		return err
	}
	key := func(version int64) uint64 { return versions[version].key }
	if err := x.words.Save(x.wordFile(), wordKind(), key); err != nil {
		return fmt.Errorf("words: %w", err)
	}
	used := x.used.Load()
	if err := used.Vectors.Save(x.vectorFile(), kind(used), key); err != nil {
		return fmt.Errorf("vectors: %w", err)
	}
	x.log.Info("index saved", "chunks", x.growth.shown.Load(), "took", x.now().Sub(start))
	return nil
}

func (x *Index) wordFile() string   { return filepath.Join(x.folder, "words") }
func (x *Index) vectorFile() string { return filepath.Join(x.folder, "vectors") }

// wordKind names what the words in a file were made by.
func wordKind() string { return fmt.Sprintf("words 1 %d", token.Version) }

// kind names what the vectors in a file were made by.
func kind(m *row.Model) string {
	return fmt.Sprintf("vectors 1 %d %d %x", m.ID, m.Dimension, sum(m.Name))
}

// shownVersion is a version that searches see.
type shownVersion struct {
	owner  string
	chunks int
	key    uint64 // tells it from any other that may have its number in another copy of the database
}

// shownVersions are those by their numbers.
func (x *Index) shownVersions(ctx context.Context) (map[int64]shownVersion, error) {
	rows, err := x.db.Query(ctx, `SELECT id, owner, name, staged, chunk_count FROM index_version WHERE state = 1`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[int64]shownVersion)
	for rows.Next() {
		var id, staged int64
		var v shownVersion
		var name string
		if err := rows.Scan(&id, &v.owner, &name, &staged, &v.chunks); err != nil {
			return nil, err
		}
		v.key = sum(fmt.Sprint(staged, " ", v.chunks, " ", name))
		all[id] = v
	}
	return all, rows.Err()
}

func sum(text string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, text) // a hash takes everything
	return h.Sum64()
}

// restored is which versions were taken over from files.
type restored struct{ words, vectors map[int64]bool }

// restore takes over from the files what is in them of the versions.
func (x *Index) restore(versions map[int64]shownVersion) (r restored) {
	if x.folder == "" {
		return r
	}
	take := func(path, kind string, from func(*mapped.File, func(int64, uint64) bool) error) map[int64]bool {
		taken := make(map[int64]bool)
		file, err := mapped.Open(path, kind)
		if err == nil {
			err = from(file, func(version int64, key uint64) bool {
				v, shown := versions[version]
				taken[version] = shown && v.key == key
				return taken[version]
			})
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			x.log.Info("words or vectors are made of the rows", "file", filepath.Base(path), "reason", err)
			return nil
		}
		return taken
	}
	r.words = take(x.wordFile(), wordKind(), x.words.Restore)
	used := x.used.Load()
	r.vectors = take(x.vectorFile(), kind(used), used.Vectors.Restore)
	return r
}
