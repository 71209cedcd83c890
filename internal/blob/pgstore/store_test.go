package pgstore_test

import (
	"os"
	"testing"
	"time"

	"morag/internal/blob/blobtest"
	"morag/internal/blob/pgstore"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

func TestReferences(t *testing.T) {
	t.Parallel()
	blobtest.RunReferences(t, func(t *testing.T) blobtest.Subject {
		address := postgrestest.Bounced(t, postgrestest.Used(t))
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		clock := func() time.Time { return now }
		first, db := open(t, address, clock)
		second, _ := open(t, address, clock)
		return blobtest.Subject{
			References: first,
			Second:     second,
			Transact:   db.Write,
			Advance:    func(d time.Duration) { now = now.Add(d) },
		}
	})
}

// open opens references with a database of their own, as another server has.
func open(t *testing.T, address string, now func() time.Time) (*pgstore.Store, *postgres.DB) {
	t.Helper()
	db := postgrestest.Open(t, postgres.Config{URL: address, Quiet: true, Now: now})
	s, err := pgstore.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}
