package sqlitestore_test

import (
	"context"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"morag/internal/fleet"
	"morag/internal/fleet/fleettest"
	"morag/internal/fleet/sqlitestore"
	"morag/internal/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	fleettest.Run(t, func(t *testing.T) fleettest.Place {
		clock, path := fleettest.NewClock(), filepath.Join(t.TempDir(), "test.db")
		return fleettest.Place{
			Open: func(l fleet.Limits) fleet.Store { return open(t, path, l, clock) },
			Now:  clock.Now, Advance: clock.Advance,
		}
	})
}

func open(t *testing.T, path string, l fleet.Limits, clock *fleettest.Clock) *sqlitestore.Store {
	t.Helper()
	// The test's own context ends before its clean-up.
	db, err := sqlite.Open(context.Background(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := sqlitestore.New(t.Context(), db, l, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
