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
	hour := at(-time.Hour)
	for _, tt := range []struct {
		want string
		w    wire.Worker
	}{
		{"idle", wire.Worker{LastSeen: at(time.Minute)}},
		{"idle", wire.Worker{LastSeen: at(time.Minute), SetAside: at(time.Second)}}, // no longer
		{"lost", wire.Worker{LastSeen: at(time.Hour)}},
		{"lost", wire.Worker{LastSeen: at(time.Hour), SetAside: hour}},
		{"lost", wire.Worker{LastSeen: at(time.Hour), SetAside: at(time.Minute)}},
		{"working", wire.Worker{LastSeen: at(time.Hour), InHand: []string{"j"}}}, // without heartbeats
		{"draining", wire.Worker{LastSeen: at(time.Hour), InHand: []string{"j"}, Drained: true}},
		{"drained", wire.Worker{LastSeen: at(0), Drained: true, SetAside: hour}},
		{"drained, and lost", wire.Worker{LastSeen: at(time.Hour), Drained: true}},
		{"lost, its key is revoked", wire.Worker{LastSeen: at(0), InHand: []string{"j"}, Drained: true, Revoked: true}},
		{"set aside until " + when(hour), wire.Worker{LastSeen: at(0), SetAside: hour}},
		{"set aside until " + when(hour), wire.Worker{LastSeen: at(0), SetAside: hour, InHand: []string{"j"}}},
	} {
		if got := stateOf(tt.w, now); got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.w, got, tt.want)
		}
	}
}

func TestWhatWorkersHold(t *testing.T) {
	t.Parallel()
	a, b := "af83e786-e412-4d2a-8ed6-9f93da324036", "af83e786-e4ff-4d2a-8ed6-9f93da324036"
	for want, jobs := range map[string][]string{
		"-": nil, "af83e786": {a}, "af83e786-e41 af83e786-e4f": {a, b}, "job-1 job-2 job-3 and 2 more": {"job-1", "job-2", "job-3", "job-4", "job-5"},
	} {
		if got := held(jobs); got != want {
			t.Errorf("%v is shown as %q, want %q", jobs, got, want)
		}
	}
}
