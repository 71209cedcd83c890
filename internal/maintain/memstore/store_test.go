package memstore_test

import (
	"testing"

	"morag/internal/maintain"
	"morag/internal/maintain/maintaintest"
	"morag/internal/maintain/memstore"
)

type place struct {
	*maintaintest.Clock
	store *memstore.Store
}

func (p place) Open(*testing.T) maintain.Leases { return p.store }

func TestStore(t *testing.T) {
	t.Parallel()
	maintaintest.Run(t, func(*testing.T) maintaintest.Place {
		clock := maintaintest.NewClock()
		return place{clock, memstore.New(clock.Now)}
	})
}
