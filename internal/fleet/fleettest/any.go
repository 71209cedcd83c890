package fleettest

import (
	"context"
	"testing"
	"time"

	"morag/internal/fleet"
)

func anyOf(t *testing.T, open func(t *testing.T) *bench) {
	b := open(t)
	lately := fleet.Filter{ContentType: "audio", Within: time.Minute, Working: true}
	check := func(when string, want bool, f fleet.Filter) {
		t.Helper()
		if got, err := b.Any(t.Context(), f); err != nil || got != want {
			t.Errorf("%s: Any %+v is %v, %v; want %v", when, f, got, err, want)
		}
	}
	check("nobody", false, fleet.Filter{})
	b.add(fleet.Worker{ID: "a", Key: "gpu", Types: []string{"audio", "web"}})
	for _, c := range []struct {
		want   bool
		filter fleet.Filter
	}{
		{true, fleet.Filter{}}, {true, lately},
		{true, fleet.Filter{Key: "gpu"}}, {false, fleet.Filter{Key: "gp"}},
		{true, fleet.Filter{ContentType: "web"}}, {false, fleet.Filter{ContentType: "we"}}, {false, fleet.Filter{ContentType: "eb"}},
		{false, fleet.Filter{ContentType: "video"}},
		{true, fleet.Filter{Key: "gpu", ContentType: "audio"}}, {false, fleet.Filter{Key: "other", ContentType: "audio"}},
	} {
		check("one", c.want, c.filter)
	}
	b.update("a", drain)
	check("drained", false, lately)
	check("drained", true, fleet.Filter{Key: "gpu", ContentType: "audio", Within: time.Minute})
	b.update("a", resume)
	check("resumed", true, lately)
	b.Advance(time.Minute - time.Microsecond)
	check("seen nearly so long ago", true, lately)
	b.Advance(time.Microsecond)
	check("seen too long ago", false, lately)
	check("seen too long ago", true, fleet.Filter{ContentType: "audio", Working: true})
	b.see(fleet.Sighting{ID: "a"})
	check("seen again", true, lately)
	b.update("a", setAside)
	check("set aside", false, fleet.Filter{Working: true})
	b.Advance(5*time.Minute - time.Microsecond)
	check("set aside still", false, fleet.Filter{Working: true})
	b.Advance(time.Microsecond)
	check("its time is over", true, fleet.Filter{Working: true})
	b.add(fleet.Worker{ID: "b", Types: []string{"video"}})
	check("two, neither of which", false, lately)
}

// timeout is how long the suite waits for what must come.
const timeout = 20 * time.Second

func wake(t *testing.T, open func(t *testing.T) *bench) {
	b := open(t)
	ctx, leave := context.WithCancel(t.Context())
	b.Store.Wake(ctx)
	leave() // who has left holds up nobody
	one, other := b.Store.Wake(t.Context()), b.Store.Wake(t.Context())
	b.add(fleet.Worker{ID: "a"})
	for name, why := range map[string]func(*fleet.Worker, time.Time){"drained": drain, "set aside": setAside} {
		b.update("a", why)
		b.update("a", resume)
		b.update("a", resume) // told once or twice, nobody need read it
		for _, readers := range []<-chan struct{}{one, other} {
			select {
			case <-readers:
			case <-time.After(timeout):
				t.Fatalf("nobody was told that a worker that was %s is given jobs again", name)
			}
		}
	}
}
