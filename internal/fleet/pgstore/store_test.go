package pgstore_test

import (
	"os"
	"testing"

	"morag/internal/fleet"
	"morag/internal/fleet/fleettest"
	"morag/internal/fleet/pgstore"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

func TestStore(t *testing.T) {
	t.Parallel()
	fleettest.Run(t, func(t *testing.T) fleettest.Place {
		clock, address := fleettest.NewClock(), postgrestest.Bounced(t, postgrestest.Used(t))
		return fleettest.Place{
			Open: func(l fleet.Limits) fleet.Store {
				s, err := pgstore.New(t.Context(), postgrestest.Open(t, postgres.Config{URL: address, Quiet: true, Now: clock.Now}), l)
				if err != nil {
					t.Fatal(err)
				}
				return s
			},
			Now: clock.Now, Advance: clock.Advance,
		}
	})
}
