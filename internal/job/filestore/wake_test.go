package filestore

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/job"
)

// hinted tells whether Wake names a type within d.
func hinted(hints <-chan job.Hint, d time.Duration) bool {
	select {
	case <-hints:
		return true
	case <-time.After(d):
		return false
	}
}

// TestWakeWhenNothingElseHappens: the hint at the end of a backoff, of an assignment
// or of a releaser's pause needs no other call to come.
func TestWakeWhenNothingElseHappens(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]job.Change{
		"backoff":    {Event: job.Fail, Attempt: 1, Digest: "x"},
		"assignment": {Event: job.Reassign, Assignee: "w9"},
		"release":    {Event: job.Release, Attempt: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSimDisk().open(t, Config{})
				hints := s.Wake(t.Context())
				if _, err := s.Create(context.Background(), audio("a")); err != nil {
					t.Fatal(err)
				}
				if err := take(s); err != nil {
					t.Fatal(err)
				}
				for hinted(hints, time.Second) { // those of the creation
				}
				if err := update(s, "a", change); err != nil {
					t.Fatal(err)
				}
				for hinted(hints, time.Second) { // that others may claim it at once
				}
				if hinted(hints, 20*time.Second) {
					t.Fatal("a hint before the time")
				}
				for {
					if !hinted(hints, 5*time.Minute) {
						t.Fatal("no hint after which w1 can claim it")
					}
					if jobs, err := claim(s, "w1", 1); err != nil {
						t.Fatal(err)
					} else if len(jobs) == 1 {
						break
					}
				}
				s.Close()
			})
		})
	}
}
