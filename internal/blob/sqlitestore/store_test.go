package sqlitestore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/blob"
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

// TestEndedRowsOfUsedBlobsGo: what is kept does not grow with the holds there ever were.
func TestEndedRowsOfUsedBlobsGo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s, db := open(t, filepath.Join(t.TempDir(), "morag.db"), func() time.Time { return now })
	for i := range 600 {
		ref := fmt.Sprintf("blob:%03d", i)
		for user, lasting := range map[string]time.Duration{blob.Hold(ref): time.Hour, "document:d" + ref: 0} {
			if err := s.Refer(t.Context(), user, lasting, ref); err != nil {
				t.Fatal(err)
			}
		}
	}
	now = now.Add(time.Hour)
	if refs, err := s.Unused(t.Context(), 10); err != nil || len(refs) > 0 {
		t.Errorf("unused are %q, %v", refs, err)
	}
	var rows int
	if err := db.QueryRow(t.Context(), `SELECT count(*) FROM blob_reference`).Scan(&rows); err != nil || rows != 600 {
		t.Errorf("%d rows, %v, want those of the documents", rows, err)
	}
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
