package job_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"morag/internal/job"
)

// Rule 3: until the first heartbeat only the confirmation applies.
func TestRule3Confirmation(t *testing.T) {
	t.Parallel()
	short := func(s *job.Spec) { s.Timeout = 2 * time.Minute }
	for name, c := range map[string]struct {
		live func(*testing.T) *lifecycle
		due  job.Event
		at   time.Duration
	}{
		"without a lease":                  {func(t *testing.T) *lifecycle { return born(t, nil).taken(0) }, job.Unconfirmed, 2 * time.Minute},
		"with a shorter lease":             {func(t *testing.T) *lifecycle { return born(t, nil).taken(15 * time.Second) }, job.Unconfirmed, 2 * time.Minute},
		"with a longer lease":              {func(t *testing.T) *lifecycle { return born(t, nil).taken(time.Hour) }, job.Unconfirmed, 2 * time.Minute},
		"with a deadline at the same time": {func(t *testing.T) *lifecycle { return born(t, short).taken(0) }, job.Expire, 2 * time.Minute},
		"with a deadline before": {
			func(t *testing.T) *lifecycle { return born(t, func(s *job.Spec) { s.Timeout = time.Minute }).taken(0) }, job.Expire, time.Minute,
		},
		"confirmed: the lease runs from there": {
			func(t *testing.T) *lifecycle {
				return born(t, nil).taken(15 * time.Second).wait(time.Minute).do(plain(job.Confirm))
			},
			job.LoseLease, 75 * time.Second,
		},
		"confirmed by a beat": {
			func(t *testing.T) *lifecycle {
				l := born(t, nil).taken(15 * time.Second).wait(time.Minute)
				if err := l.alive(job.Beat{Attempt: 1}); err != nil {
					t.Fatal(err)
				}
				return l
			}, job.LoseLease, 75 * time.Second,
		},
		"confirmed without a lease": {
			func(t *testing.T) *lifecycle { return born(t, nil).taken(0).wait(time.Minute).do(plain(job.Confirm)) }, job.Expire, time.Hour,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := c.live(t)
			l.due(c.due).wantTime(string(c.due), l.now, start.Add(c.at))
		})
	}
}

func TestRule3Unconfirmed(t *testing.T) {
	t.Parallel()
	l := born(t, nil).taken(time.Minute).due(job.Unconfirmed).is(job.Pending)
	if l.j.RetryCount != 0 || l.j.Attempt != 1 {
		t.Fatalf("an unconfirmed claim counts: %s", encode(t, l.j))
	}
	l.wantTime("available_at", l.j.AvailableAt, l.now)

	// An answer that could not be written requeues the job at once, if the worker
	// has not been heard of nevertheless.
	undelivered := from(plain(job.Unconfirmed), "", 1)
	born(t, nil).taken(0).do(undelivered).is(job.Pending)
	born(t, nil).taken(0).do(plain(job.Confirm)).refused(undelivered, job.ErrConflict)
	born(t, nil).taken(0).do(undelivered).taken(0).refused(undelivered, job.ErrLeaseLost)
	l = born(t, nil).taken(0).do(plain(job.Confirm)).wait(time.Minute).refused(plain(job.Confirm), job.ErrRepeated)
	if len(l.j.History) != 2 {
		t.Errorf("a confirmation is a step of the history: %v", l.j.History)
	}
	born(t, nil).taken(0).refused(from(plain(job.Confirm), "w2", 0), job.ErrLeaseLost)
}

// Rule 4: silence past a lease is a lost worker; without one only the deadline counts.
func TestRule4Lease(t *testing.T) {
	t.Parallel()
	l := born(t, nil).taken(time.Minute)
	l.wantTime("lease_expires_at", l.j.LeaseExpiresAt, start.Add(time.Minute))
	for range 30 {
		l.wait(59 * time.Second)
		if err := l.alive(job.Beat{WorkerID: "w1", Attempt: 1}); err != nil {
			t.Fatal(err)
		}
		l.wantTime("lease_expires_at", l.j.LeaseExpiresAt, l.now.Add(time.Minute))
	}
	l.due(job.LoseLease).is(job.Pending)
	if l.j.RetryCount != 1 || !strings.Contains(l.j.ErrorMessage, "lease of 60 s") {
		t.Fatalf("job of a lost worker is %s", encode(t, l.j))
	}

	l = born(t, nil).taken(0).do(plain(job.Confirm))
	if err := l.alive(job.Beat{WorkerID: "w1"}); err != nil || !l.j.LeaseExpiresAt.IsZero() {
		t.Fatalf("a beat gave a job a lease that it was claimed without: %v, %s", err, l.j.LeaseExpiresAt)
	}
	l.due(job.Expire).wantTime("end", l.now, start.Add(time.Hour))

	for asked, want := range map[time.Duration]int{-time.Second: 0, time.Millisecond: 1, time.Minute: 60, 1000 * time.Hour: int(job.MaxLease / time.Second)} {
		if l := born(t, nil).taken(asked); l.j.LeaseSeconds != want || l.j.LeaseExpiresAt.IsZero() != (want == 0) {
			t.Errorf("lease of %s: %d s until %s", asked, l.j.LeaseSeconds, l.j.LeaseExpiresAt)
		}
	}
}

func TestRule4DowntimeIsNotSilence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		live func(*testing.T) *lifecycle
		due  job.Event
		at   time.Duration
	}{
		"lease": {
			func(t *testing.T) *lifecycle { return born(t, nil).taken(time.Minute).do(plain(job.Confirm)) },
			job.LoseLease, 31 * time.Minute,
		},
		"confirmation": {func(t *testing.T) *lifecycle { return born(t, nil).taken(time.Minute) }, job.Unconfirmed, 32 * time.Minute},
		"deadline":     {func(t *testing.T) *lifecycle { return born(t, nil).taken(0).do(plain(job.Confirm)) }, job.Expire, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := c.live(t)
			l.j = decode(t, l.j) // what memory alone holds is lost
			l.wait(30 * time.Minute)
			l.p.Resume(l.j, l.now)
			l.due(c.due).wantTime(string(c.due), l.now, start.Add(c.at))
		})
	}
	for _, s := range job.Statuses() {
		if s == job.Processing {
			continue
		}
		l := in(t, s)
		before := encode(t, l.j)
		l.p.Resume(l.j, l.wait(time.Hour).now)
		if encode(t, l.j) != before {
			t.Errorf("Resume changed a job in %s", s)
		}
	}
}

func TestAlive(t *testing.T) {
	t.Parallel()
	half, many, none, nan := 0.5, 7.0, -1.0, math.NaN()
	l := born(t, nil).taken(time.Minute)
	for _, c := range []struct {
		beat     job.Beat
		progress float64
		message  string
	}{
		{job.Beat{}, 0, ""},
		{job.Beat{WorkerID: "w1", Progress: &half, Message: "half"}, 0.5, "half"},
		{job.Beat{Attempt: 1, Progress: &many}, 1, "half"},
		{job.Beat{Progress: &none, Message: "x" + strings.Repeat("ä", job.MaxProgressMessage)}, 0, "x" + strings.Repeat("ä", job.MaxProgressMessage/2-1)},
		{job.Beat{Progress: &nan}, 0, "x" + strings.Repeat("ä", job.MaxProgressMessage/2-1)},
	} {
		if err := l.alive(c.beat); err != nil {
			t.Fatal(err)
		}
		if l.j.Progress != c.progress || l.j.ProgressMessage != c.message {
			t.Errorf("after %+v: progress %v %q", c.beat, l.j.Progress, l.j.ProgressMessage)
		}
	}
	if l.j.Revision != 3 || len(l.j.History) != 2 {
		t.Errorf("created, claimed, confirmed: revision %d, %d steps", l.j.Revision, len(l.j.History))
	}
}

func TestAliveRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range job.Statuses() {
		for name, b := range map[string]job.Beat{"a stranger": {WorkerID: "w2"}, "another attempt": {Attempt: 7}, "the holder": {WorkerID: "w1", Attempt: 1}} {
			l := in(t, s)
			before := encode(t, l.j)
			err := l.alive(b)
			want := job.ErrLeaseLost
			switch {
			case name == "the holder" && s == job.Processing:
				want = nil
			case name == "the holder" && (s == job.Completed || s == job.Failed):
				want = job.ErrConflict
			}
			if !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("beat of %s in %s: error %v, want %v", name, s, err, want)
			}
			if err != nil && encode(t, l.j) != before {
				t.Errorf("a refused beat of %s changed a job in %s", name, s)
			}
		}
	}
}
