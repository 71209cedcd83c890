package fleettest

import (
	"maps"
	"testing"
	"time"

	"morag/internal/fleet"
)

func count(t *testing.T, open func(t *testing.T) *bench) {
	b := open(t)
	check := func(when string, want map[fleet.State]int) {
		t.Helper()
		if got, err := b.Count(t.Context()); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: Count is %v, %v; want %v", when, got, err, want)
		}
	}
	check("nobody", map[fleet.State]int{})
	for _, id := range []string{"a", "b", "c", "d"} {
		b.add(fleet.Worker{ID: id})
	}
	b.update("a", drain)
	b.update("a", setAside)
	b.update("b", setAside)
	check("of four one is drained and one set aside", map[fleet.State]int{fleet.Drained: 1, fleet.SetAside: 1, fleet.Active: 2})
	b.Advance(fleet.SilentAfter - time.Microsecond)
	b.see(fleet.Sighting{ID: "c"})
	check("nearly silent", map[fleet.State]int{fleet.Drained: 1, fleet.SetAside: 1, fleet.Active: 2})
	b.Advance(time.Microsecond)
	check("one is silent", map[fleet.State]int{fleet.Drained: 1, fleet.SetAside: 1, fleet.Active: 1, fleet.Silent: 1})
	b.Advance(time.Hour)
	check("all but the drained one are", map[fleet.State]int{fleet.Drained: 1, fleet.Silent: 3})
}
