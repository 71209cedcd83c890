package sqlitestore_test

import (
	"context"
	"path/filepath"
	"testing"

	"morag/internal/maintain"
	"morag/internal/maintain/maintaintest"
	"morag/internal/maintain/sqlitestore"
	"morag/internal/sqlite"
)

// place is a file that each store has opened for itself.
type place struct {
	*maintaintest.Clock
	path string
}

func (p place) Open(t *testing.T) maintain.Leases {
	t.Helper()
	// The test's own context ends before its clean-up.
	db, err := sqlite.Open(context.Background(), sqlite.Config{Path: p.path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := sqlitestore.New(t.Context(), db, p.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	maintaintest.Run(t, func(t *testing.T) maintaintest.Place {
		return place{maintaintest.NewClock(), filepath.Join(t.TempDir(), "test.db")}
	})
}
