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
		"idle":                     {LastSeen: at(time.Minute)},
		"lost":                     {LastSeen: at(time.Hour)},
		"working":                  {LastSeen: at(time.Hour), InHand: []string{"j"}}, // without heartbeats
		"draining":                 {LastSeen: at(0), InHand: []string{"j"}, Drained: true},
		"drained":                  {LastSeen: at(time.Hour), Drained: true},
		"lost, its key is revoked": {LastSeen: at(0), InHand: []string{"j"}, Drained: true, Revoked: true},
		"set aside until " + when(at(-time.Hour)): {LastSeen: at(0), SetAside: at(-time.Hour)},
	} {
		if got := stateOf(w, now); got != want {
			t.Errorf("%+v is %q, want %q", w, got, want)
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
