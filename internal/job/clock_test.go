package job_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/job"
)

func TestClock(t *testing.T) {
	t.Parallel()
	wall := start.Add(123 * time.Nanosecond)
	c := job.NewClock(func() time.Time { return wall }, time.Time{})
	told := func(want time.Duration) {
		t.Helper()
		if got := c.Now(); !got.Equal(start.Add(want)) || got.Location() != time.UTC {
			t.Fatalf("clock tells %s after %s, want %s", got, got.Sub(start), want)
		}
	}
	told(0)
	wall = wall.Add(time.Minute)
	told(time.Minute)
	wall = wall.Add(-time.Hour) // set back: it stands still for this moment
	told(time.Minute)
	wall = wall.Add(time.Second) // and runs on
	told(time.Minute + time.Second)
	wall = wall.Add(time.Hour) // without a monotonic reading a leap is time that passed
	told(time.Hour + time.Minute + time.Second)
}

func TestClockStartsAtItsFloor(t *testing.T) {
	t.Parallel()
	wall := start
	c := job.NewClock(func() time.Time { return wall }, start.Add(time.Hour))
	wall = wall.Add(time.Second)
	if got := c.Now(); !got.Equal(start.Add(time.Hour + time.Second)) {
		t.Fatalf("clock tells %s", got)
	}
	if got := job.NewClock(func() time.Time { return wall }, start).Now(); !got.Equal(wall) {
		t.Fatalf("clock with a floor in the past tells %s", got)
	}
}

func TestClockRunsWithTheSystem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := job.NewClock(nil, time.Time{})
		before := c.Now()
		time.Sleep(90 * time.Minute)
		if passed := c.Now().Sub(before); passed != 90*time.Minute {
			t.Fatalf("in 90 minutes %s passed", passed)
		}
	})
}

func TestClockIsSafeForAll(t *testing.T) {
	t.Parallel()
	c := job.NewClock(nil, time.Time{})
	var reading sync.WaitGroup
	for range 8 {
		reading.Go(func() {
			last := c.Now()
			for range 1000 {
				now := c.Now()
				if now.Before(last) {
					t.Errorf("clock went from %s back to %s", last, now)
				}
				last = now
			}
		})
	}
	reading.Wait()
}
