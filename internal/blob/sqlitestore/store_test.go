package sqlitestore_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/blob/blobtest"
	"morag/internal/blob/sqlitestore"
	"morag/internal/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestReferences(t *testing.T) {
	t.Parallel()
	blobtest.RunReferences(t, func(t *testing.T) blobtest.Subject {
		path := filepath.Join(t.TempDir(), "morag.db")
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		clock := func() time.Time { return now }
		first, db := open(t, path, clock)
		second, _ := open(t, path, clock)
		return blobtest.Subject{
			References: first,
			Second:     second,
			Transact:   db.Write,
			Advance:    func(d time.Duration) { now = now.Add(d) },
		}
	})
}

// open opens references with a database connection of their own, as another server has.
func open(t *testing.T, path string, now func() time.Time) (*sqlitestore.Store, *sqlite.DB) {
	t.Helper()
	db, err := sqlite.Open(context.WithoutCancel(t.Context()), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := sqlitestore.Open(t.Context(), db, now)
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}
