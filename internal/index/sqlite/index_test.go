package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"morag/internal/index"
	"morag/internal/index/indextest"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestIndex(t *testing.T) {
	t.Parallel()
	indextest.Run(t, func(t *testing.T) indextest.Store {
		db := database(t)
		x := open(t, db)
		return indextest.Store{
			Index:    x,
			Transact: db.Write,
			Reopen: func(t *testing.T) index.Index {
				if err := x.Close(); err != nil {
					t.Fatal(err)
				}
				return open(t, db)
			},
		}
	})
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
func open(t testing.TB, db *sqlite.DB) *indexsqlite.Index {
	t.Helper()
	x, err := indexsqlite.Open(t.Context(), indexsqlite.Config{DB: db, Model: indextest.Model, Dimension: indextest.Dimension})
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
