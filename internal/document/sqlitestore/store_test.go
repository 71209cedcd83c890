package sqlitestore_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/document/documenttest"
	"morag/internal/document/sqlitestore"
	"morag/internal/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	documenttest.Run(t, func(t *testing.T) documenttest.Subject {
		path := filepath.Join(t.TempDir(), "morag.db")
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		clock := func() time.Time { return now }
		second := open(t, path, clock)
		return documenttest.Subject{
			Place:   open(t, path, clock),
			Second:  &second,
			Advance: func(d time.Duration) { now = now.Add(d) },
		}
	})
}

// open opens a store with a database connection of its own, as another server has it.
func open(t *testing.T, path string, now func() time.Time) documenttest.Place {
	t.Helper()
	db := database(t, path)
	s, err := sqlitestore.Open(t.Context(), db, now)
	if err != nil {
		t.Fatal(err)
	}
	return documenttest.Place{Store: s, Transact: db.Write}
}

func database(t *testing.T, path string) *sqlite.DB {
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
	return db
}

// TestDocumentsGetTheirLabels opens a place whose documents were stored before labels were.
func TestDocumentsGetTheirLabels(t *testing.T) {
	t.Parallel()
	db := database(t, filepath.Join(t.TempDir(), "morag.db"))
	opened := func() documenttest.Place {
		s, err := sqlitestore.Open(t.Context(), db, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return documenttest.Place{Store: s, Transact: db.Write}
	}
	documenttest.Labelled(t, opened, func() { exec(t, db, `DELETE FROM document_label`) })
}
