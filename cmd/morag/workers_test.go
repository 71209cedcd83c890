package main

import (
	"testing"
	"time"

	"morag/internal/wire"
)

// A word for each thing that a worker can be doing.
func TestStatesOfWorkers(t *testing.T) {
	t.Parallel()
	now := time.Now()
	at := func(ago time.Duration) *time.Time {
		then := now.Add(-ago)
		return &then
	}
	for want, w := range map[string]wire.Worker{
		"idle":     {LastSeen: at(time.Minute)},
		"lost":     {LastSeen: at(time.Hour)},
		"working":  {LastSeen: at(time.Hour), InHand: []string{"j"}}, // without heartbeats
		"draining": {LastSeen: at(0), InHand: []string{"j"}, Drained: true},
		"drained":  {LastSeen: at(time.Hour), Drained: true},
		"set aside until " + when(at(-time.Hour)): {LastSeen: at(0), SetAside: at(-time.Hour)},
	} {
		if got := stateOf(w, now); got != want {
			t.Errorf("%+v is %q, want %q", w, got, want)
		}
	}
}
