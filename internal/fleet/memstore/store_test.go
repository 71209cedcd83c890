package memstore_test

import (
	"testing"

	"morag/internal/fleet"
	"morag/internal/fleet/fleettest"
	"morag/internal/fleet/memstore"
)

func TestStore(t *testing.T) {
	t.Parallel()
	fleettest.Run(t, func(*testing.T) fleettest.Place {
		clock := fleettest.NewClock()
		var one *memstore.Store // which any number of services share
		return fleettest.Place{
			Open: func(l fleet.Limits) fleet.Store {
				if one == nil {
					one = memstore.New(l, clock.Now)
				}
				return one
			},
			Now: clock.Now, Advance: clock.Advance,
		}
	})
}
