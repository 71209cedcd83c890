package job_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"morag/internal/job"
)

// Rule 2: a deadline for every wait and every attempt, and a last one for all.
func TestRule2Deadlines(t *testing.T) {
	t.Parallel()
	const timeout = time.Hour
	for name, c := range map[string]struct {
		live func(*lifecycle)
		want func(*lifecycle) time.Time
	}{
		"pending: creation + timeout": {func(*lifecycle) {}, func(*lifecycle) time.Time { return start.Add(timeout) }},
		"processing: claim + timeout": {
			func(l *lifecycle) { l.wait(time.Minute).taken(0) },
			func(*lifecycle) time.Time { return start.Add(time.Minute + timeout) },
		},
		"a heartbeat does not move it": {
			func(l *lifecycle) {
				l.taken(time.Minute).wait(time.Minute)
				if err := l.alive(job.Beat{WorkerID: "w1"}); err != nil {
					l.t.Fatal(err)
				}
			},
			func(*lifecycle) time.Time { return start.Add(timeout) },
		},
		"a confirmation does not move it": {
			func(l *lifecycle) { l.taken(0).wait(time.Minute).do(plain(job.Confirm)) },
			func(*lifecycle) time.Time { return start.Add(timeout) },
		},
		"back in backoff: available_at + timeout": {
			func(l *lifecycle) { l.taken(0).wait(time.Minute).do(failure("x")) },
			func(l *lifecycle) time.Time { return l.now.Add(l.p.Backoff("a", 1) + timeout) },
		},
		"released: now + timeout": {
			func(l *lifecycle) { l.taken(0).wait(time.Minute).do(plain(job.Release)) },
			func(l *lifecycle) time.Time { return l.now.Add(timeout) },
		},
		"unconfirmed: now + timeout": {
			func(l *lifecycle) { l.taken(0).due(job.Unconfirmed) },
			func(*lifecycle) time.Time { return start.Add(2*time.Minute + timeout) },
		},
		"reassigned while processing: now + timeout": {
			func(l *lifecycle) { l.taken(0).wait(time.Minute).do(plain(job.Reassign)) },
			func(l *lifecycle) time.Time { return l.now.Add(timeout) },
		},
		"reassigned while pending: as it was": {
			func(l *lifecycle) { l.wait(time.Minute).do(plain(job.Reassign)) },
			func(*lifecycle) time.Time { return start.Add(timeout) },
		},
		"retried in backoff: now + timeout": {
			func(l *lifecycle) { l.taken(0).do(failure("x")).wait(time.Second).do(plain(job.Retry)) },
			func(l *lifecycle) time.Time { return l.now.Add(timeout) },
		},
		"retried after its end: now + timeout": {
			func(l *lifecycle) { l.taken(0).do(final("x")).wait(1000 * timeout).do(plain(job.Retry)) },
			func(*lifecycle) time.Time { return start.Add(1001 * timeout) },
		},
		"never beyond 2·(max_retries+1) timeouts": {
			func(l *lifecycle) {
				for range 7 {
					l.wait(timeout-time.Second).do(job.Change{Event: job.Claim, WorkerID: "w1"}, plain(job.Release))
				}
				l.wait(timeout - time.Second).do(job.Change{Event: job.Claim, WorkerID: "w2"})
			},
			func(*lifecycle) time.Time { return start.Add(8 * timeout) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := born(t, nil)
			c.live(l)
			l.wantTime("timeout_at", l.j.TimeoutAt, c.want(l))
		})
	}
}

func TestRule2NoJobOutlivesItsLastDeadline(t *testing.T) {
	t.Parallel()
	for name, turn := range map[string]func(*lifecycle){
		"released":    func(l *lifecycle) { l.taken(0).wait(50 * time.Minute).do(plain(job.Release)) },
		"reassigned":  func(l *lifecycle) { l.taken(0).wait(50 * time.Minute).do(plain(job.Reassign)) },
		"unconfirmed": func(l *lifecycle) { l.taken(0).due(job.Unconfirmed).wait(50 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := born(t, nil)
			l.p.AssignWindow = time.Nanosecond
			last := start.Add(8 * time.Hour)
			for l.now.Before(last.Add(-time.Hour)) {
				l.wait(l.p.Backoff("a", 1) + time.Minute) // a releaser's pause
				turn(l)
			}
			l.due(job.Expire).is(job.Timeout)
			if l.now.After(last) {
				t.Fatalf("job ended %s after its last deadline", l.now.Sub(last))
			}
			// A manual retry gives it another such lifetime.
			l.do(plain(job.Retry)).wantTime("timeout_at", l.j.TimeoutAt, l.now.Add(time.Hour))
		})
	}
}

func TestRule2TheTransitionDecidesNotTheClock(t *testing.T) {
	t.Parallel()
	born(t, nil).taken(0).do(plain(job.Confirm)).wait(100 * time.Hour).do(success("late")).is(job.Completed)
	born(t, nil).taken(0).do(plain(job.Confirm)).due(job.Expire).refused(success("too late"), job.ErrConflict)
	// But what is past its deadline is not handed out.
	born(t, nil).wait(time.Hour).refused(job.Change{Event: job.Claim, WorkerID: "w1"}, job.ErrConflict)
	born(t, nil).wait(time.Hour - time.Microsecond).do(job.Change{Event: job.Claim, WorkerID: "w1"})
}

func TestRule2WhatTimeBringsIsCheckedAgain(t *testing.T) {
	t.Parallel()
	born(t, nil).refused(plain(job.Expire), job.ErrConflict)
	born(t, nil).taken(time.Minute).do(plain(job.Confirm)).wait(59*time.Second).refused(plain(job.LoseLease), job.ErrConflict)
	born(t, nil).taken(0).wait(119*time.Second).refused(plain(job.Unconfirmed), job.ErrConflict)
	// The deadline comes before the lease that would end later.
	l := born(t, func(s *job.Spec) { s.Timeout = 50 * time.Second }).taken(time.Minute).do(plain(job.Confirm))
	l.wait(time.Hour).refused(plain(job.LoseLease), job.ErrConflict).do(plain(job.Expire))
}

func TestRule2TimeoutKeepsTheCause(t *testing.T) {
	t.Parallel()
	l := born(t, nil).taken(0).do(failure("x")).due(job.Expire).is(job.Timeout)
	for _, part := range []string{"timed out while pending", "before that: engine crashed"} {
		if !strings.Contains(l.j.ErrorMessage, part) {
			t.Errorf("error message %q does not say %q", l.j.ErrorMessage, part)
		}
	}
}

func TestTimeoutsByType(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]int{
		"audio": 3600, "video": 3600, "youtube": 1800, "document": 900, "web": 600, "image": 300, "other": 1800, "cad-drawing": 1800,
	} {
		l := born(t, func(s *job.Spec) { s.ContentType = contentType })
		if l.j.TimeoutSeconds != want {
			t.Errorf("%s: timeout_seconds %d, want %d", contentType, l.j.TimeoutSeconds, want)
		}
	}
	p := job.Policy{Timeouts: map[string]time.Duration{"audio": 1500 * time.Millisecond}}.WithDefaults()
	for timeout, want := range map[time.Duration]int{0: 2, -1: 2, time.Minute: 60, 1000 * time.Hour: int(job.MaxTimeout / time.Second)} {
		if got := p.New(job.Spec{ID: "a", ContentType: "audio", Timeout: timeout}, start).TimeoutSeconds; got != want {
			t.Errorf("timeout %s: timeout_seconds %d, want %d", timeout, got, want)
		}
	}
}

func TestNewKeepsToItsBounds(t *testing.T) {
	t.Parallel()
	for asked, want := range map[int]int{-1: 0, 0: 0, 7: 7, 1 << 40: job.MaxRetryLimit} {
		l := born(t, func(s *job.Spec) { s.MaxRetries = &asked })
		if l.j.MaxRetries != want {
			t.Errorf("max_retries %d: got %d, want %d", asked, l.j.MaxRetries, want)
		}
	}
	l := born(t, nil)
	if l.j.MaxRetries != 3 || l.j.Revision != 1 || string(l.j.TaskOptions) != "{}" || len(l.j.History) != 1 {
		t.Errorf("new job is %s", encode(t, l.j))
	}
	for i := range 200 {
		l.do(job.Change{Event: job.Reassign, Assignee: fmt.Sprint(i)})
	}
	if len(l.j.History) != job.MaxHistory || l.j.Revision != 201 {
		t.Errorf("after 200 steps: %d in the history, revision %d", len(l.j.History), l.j.Revision)
	}
}
