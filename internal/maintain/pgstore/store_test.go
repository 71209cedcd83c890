package pgstore_test

import (
	"os"
	"testing"

	"morag/internal/maintain"
	"morag/internal/maintain/maintaintest"
	"morag/internal/maintain/pgstore"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// place is a schema that each store has opened for itself, by way of a pooler.
type place struct {
	*maintaintest.Clock
	address string
}

func (p place) Open(t *testing.T) maintain.Leases {
	t.Helper()
	db := postgrestest.Open(t, postgres.Config{URL: p.address, Quiet: true, Now: p.Now})
	s, err := pgstore.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	maintaintest.Run(t, func(t *testing.T) maintaintest.Place {
		return place{maintaintest.NewClock(), postgrestest.Bounced(t, postgrestest.Used(t))}
	})
}
