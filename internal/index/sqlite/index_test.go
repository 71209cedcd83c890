package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/index"
	"morag/internal/index/indextest"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestIndex(t *testing.T) {
	t.Parallel()
	indextest.Run(t, store)
}

func TestReindex(t *testing.T) {
	t.Parallel()
	indextest.RunReindex(t, store)
}

func store(t *testing.T) indextest.Store {
	db, now := database(t), indextest.NewClock()
	x := open(t, db, now.Now)
	return indextest.Store{
		Index:    x,
		Transact: db.Write,
		Advance:  now.Advance,
		Reopen: func(t *testing.T) index.Index {
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, db, now.Now)
		},
	}
}

// TestIndexOfFiles is the suite with an index that saves what it holds before every start,
// and takes it over.
func TestIndexOfFiles(t *testing.T) {
	t.Parallel()
	indextest.Run(t, storeOfFiles)
}

func TestReindexOfFiles(t *testing.T) {
	t.Parallel()
	indextest.RunReindex(t, storeOfFiles)
}

func storeOfFiles(t *testing.T) indextest.Store {
	db, now, folder := database(t), indextest.NewClock(), t.TempDir()
	x := openIn(t, db, folder, now.Now)
	return indextest.Store{
		Index:    x,
		Transact: db.Write,
		Advance:  now.Advance,
		Reopen: func(t *testing.T) index.Index {
			if err := x.Save(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			return openIn(t, db, folder, now.Now)
		},
	}
}

func database(t testing.TB) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(context.WithoutCancel(t.Context()), sqlite.Config{Path: filepath.Join(t.TempDir(), "morag.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// open opens the suite's index and waits until it is ready.
func open(t testing.TB, db *sqlite.DB, now func() time.Time) *indexsqlite.Index {
	t.Helper()
	return openIn(t, db, "", now)
}

func openIn(t testing.TB, db *sqlite.DB, folder string, now func() time.Time) *indexsqlite.Index {
	t.Helper()
	x, err := indexsqlite.Open(t.Context(), indexsqlite.Config{
		DB: db, Folder: folder, Model: indextest.Model, Dimension: indextest.Dimension, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	<-x.Loaded()
	if err := x.Ready(); err != nil {
		t.Fatal(err)
	}
	return x
}
