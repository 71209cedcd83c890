package memstore_test

import (
	"testing"

	"morag/internal/task"
	"morag/internal/task/memstore"
	"morag/internal/task/tasktest"
)

type place struct {
	*tasktest.Clock
	first *memstore.Store
}

func (p place) Open(*testing.T) task.Store { return p.first.Beside() }

func TestStore(t *testing.T) {
	t.Parallel()
	tasktest.Run(t, func(*testing.T) tasktest.Place {
		clock := tasktest.NewClock()
		return place{clock, memstore.New(clock.Now)}
	})
}
