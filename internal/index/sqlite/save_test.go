package sqlite_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/index"
	"morag/internal/index/indextest"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/sqlite"
)

// logged is what was logged. It is safe for concurrent use.
type logged struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// opened is an index that is ready, and what it has logged.
func opened(t *testing.T, db *sqlite.DB, folder string) (*indexsqlite.Index, *logged) {
	t.Helper()
	log := &logged{}
	x, err := indexsqlite.Open(t.Context(), indexsqlite.Config{
		DB: db, Folder: folder, Model: indextest.Model, Dimension: indextest.Dimension, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	<-x.Loaded()
	if err := x.Ready(); err != nil {
		t.Fatal(err)
	}
	return x, log
}

// put shows a version of some chunks, and hides the one before.
func put(t *testing.T, x index.Index, version, before string, texts ...string) {
	t.Helper()
	chunks := make([]index.Chunk, len(texts))
	for i, text := range texts {
		v := make([]float32, indextest.Dimension)
		v[0], v[1] = 1, float32(len(text))
		chunks[i] = index.Chunk{Index: i, Content: text, Vector: v}
	}
	if err := x.Stage(t.Context(), index.Version{Name: version, DocumentID: version, Chunks: len(chunks)}, chunks); err != nil {
		t.Fatal(err)
	}
	if err := x.Switch(t.Context(), version, before); err != nil {
		t.Fatal(err)
	}
}

// seen is what searches find of both kinds.
func seen(t *testing.T, x index.Index) (all []string) {
	t.Helper()
	v := make([]float32, indextest.Dimension)
	v[0] = 1
	near, err := indextest.Nearest(t.Context(), x, v, 1000, index.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	worded, err := indextest.Match(t.Context(), x, "heron engine tide", 1000, index.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	for kind, hits := range map[string][]index.Hit{"near": near, "worded": worded} {
		for _, h := range hits {
			all = append(all, fmt.Sprintf("%s %s %d %.4f", kind, h.Name, h.ChunkIndex, h.Score))
		}
	}
	return all
}

var sorted = cmp.Transformer("sorted", func(all []string) map[string]bool {
	m := make(map[string]bool)
	for _, one := range all {
		m[one] = true
	}
	return m
})

// TestAStartTakesOverWhatWasSaved: what was saved is not made of the rows again, what came
// since is, and what went since does not come back.
func TestAStartTakesOverWhatWasSaved(t *testing.T) {
	t.Parallel()
	db, folder := database(t), t.TempDir()
	x, _ := opened(t, db, folder)
	put(t, x, "kept", "", "a heron", "an engine and a heron")
	put(t, x, "replaced", "", "the tide")
	put(t, x, "gone", "", "no heron")
	if err := x.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, x, "after", "replaced", "the tide turns", "engine")
	if err := x.Switch(t.Context(), "", "gone"); err != nil {
		t.Fatal(err)
	}
	before := seen(t, x)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	y, log := opened(t, db, folder)
	if diff := cmp.Diff(before, seen(t, y), sorted); diff != "" {
		t.Errorf("(-before +after the start):\n%s", diff)
	}
	// Of the versions that are not in place all rows are read, too, as long as they are there.
	if !strings.Contains(log.String(), `"of rows"=4`) {
		t.Errorf("other rows were read: %s", log)
	}
	put(t, y, "more", "after", "a heron in the tide")
	if err := y.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := seen(t, y)
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	z, _ := opened(t, db, folder)
	if diff := cmp.Diff(again, seen(t, z), sorted); diff != "" {
		t.Errorf("(-before +after the second start):\n%s", diff)
	}
}

// TestAFileThatCannotBeUsedCostsTime: damaged, missing or of another copy of the database,
// what is found is the same.
func TestAFileThatCannotBeUsedCostsTime(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, path string){
		"damaged": func(t *testing.T, path string) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			data[len(data)/2] ^= 4
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"missing": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
		"cut off": func(t *testing.T, path string) {
			if err := os.Truncate(path, 100); err != nil {
				t.Fatal(err)
			}
		},
		"another index's": func(t *testing.T, path string) {
			other, folder := database(t), t.TempDir()
			x, _ := opened(t, other, folder)
			put(t, x, "other", "", "heron engine tide", "heron")
			put(t, x, "two", "", "tide")
			if err := x.Save(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(folder, filepath.Base(path)), path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for _, file := range []string{"words", "vectors"} {
			t.Run(name+" "+file, func(t *testing.T) {
				t.Parallel()
				db, folder := database(t), t.TempDir()
				x, _ := opened(t, db, folder)
				put(t, x, "one", "", "a heron", "an engine and a heron")
				put(t, x, "two", "", "the tide")
				if err := x.Save(t.Context()); err != nil {
					t.Fatal(err)
				}
				before := seen(t, x)
				if err := x.Close(); err != nil {
					t.Fatal(err)
				}
				spoil(t, filepath.Join(folder, file))
				y, _ := opened(t, db, folder)
				if diff := cmp.Diff(before, seen(t, y), sorted); diff != "" {
					t.Errorf("(-before +after the start):\n%s", diff)
				}
			})
		}
	}
}

// TestEnoughIsSavedByItself: chunks that come are saved without being asked, and searches
// go on with what was saved.
func TestEnoughIsSavedByItself(t *testing.T) {
	t.Parallel()
	db, folder := database(t), t.TempDir()
	x, log := opened(t, db, folder)
	texts := make([]string, 2100)
	for i := range texts {
		texts[i] = fmt.Sprintf("heron %d", i)
	}
	put(t, x, "many", "", texts...)
	wait(t, func() bool { return strings.Contains(log.String(), "index saved") })
	before := seen(t, x)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	y, again := opened(t, db, folder)
	if diff := cmp.Diff(before, seen(t, y), sorted); diff != "" {
		t.Errorf("(-before +after the start):\n%s", diff)
	}
	if !strings.Contains(again.String(), `"of rows"=0`) {
		t.Errorf("rows were read: %s", again)
	}
}

// wait waits for a condition.
func wait(t *testing.T, until func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !until() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it did not come to that")
		}
	}
}
