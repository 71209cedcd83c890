package job_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"morag/internal/job"
)

// Rule 1 of the wire contract: failed is final, so a job between tries is pending.
func TestRule1FailedIsFinal(t *testing.T) {
	t.Parallel()
	two := 2
	for name, c := range map[string]struct {
		change   func(*job.Spec)
		fail     func(*lifecycle)
		attempts int
	}{
		"error results, 3 retries":       {nil, func(l *lifecycle) { l.do(failure(fmt.Sprint(l.j.Attempt))) }, 4},
		"the same error again and again": {nil, func(l *lifecycle) { l.do(failure("same")) }, 4},
		"2 retries":                      {func(s *job.Spec) { s.MaxRetries = &two }, func(l *lifecycle) { l.do(failure(fmt.Sprint(l.j.Attempt))) }, 3},
		"no retries":                     {func(s *job.Spec) { s.MaxRetries = new(int) }, func(l *lifecycle) { l.do(failure("x")) }, 1},
		"not retryable":                  {nil, func(l *lifecycle) { l.do(final("x")) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := born(t, c.change)
			for n := 1; n <= c.attempts; n++ {
				l.taken(0).wait(time.Second)
				c.fail(l)
				if n == c.attempts {
					break
				}
				l.is(job.Pending)
				if l.j.RetryCount != n || l.j.Attempt != n {
					t.Fatalf("after failure %d: retry_count %d, attempt %d", n, l.j.RetryCount, l.j.Attempt)
				}
				l.wantTime("available_at", l.j.AvailableAt, l.now.Add(l.p.Backoff("a", n)))
				l.refused(job.Change{Event: job.Claim, WorkerID: "w1"}, job.ErrConflict)
			}
			l.is(job.Failed)
			if l.j.Attempt != c.attempts || l.j.ErrorMessage == "" || !l.j.CompletedAt.Equal(l.now) || l.j.WorkerID != "w1" {
				t.Fatalf("failed job is %s", encode(t, l.j))
			}
		})
	}
}

func TestRule1LostLeasesAreCounted(t *testing.T) {
	t.Parallel()
	l := born(t, nil)
	for n := 1; n <= 4; n++ {
		l.taken(time.Minute).do(plain(job.Confirm)).due(job.LoseLease)
		if n < 4 {
			l.is(job.Pending).wantTime("available_at", l.j.AvailableAt, l.now.Add(l.p.Backoff("a", n)))
		}
	}
	l.is(job.Failed)
}

func TestRule1ReturnToPendingClearsTheHold(t *testing.T) {
	t.Parallel()
	progress := 0.5
	for name, back := range map[string]func(*lifecycle){
		"error":                   func(l *lifecycle) { l.do(from(failure("x"), "w1", 2)) },
		"lease":                   func(l *lifecycle) { l.due(job.LoseLease) },
		"release":                 func(l *lifecycle) { l.do(plain(job.Release)) },
		"reassign":                func(l *lifecycle) { l.do(plain(job.Reassign)) },
		"cancelled, then retried": func(l *lifecycle) { l.do(plain(job.Cancel), plain(job.Retry)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := born(t, nil).taken(time.Minute).do(from(failure("first"), "w1", 1)).taken(time.Minute)
			if err := l.alive(job.Beat{Progress: &progress, Message: "half"}); err != nil {
				t.Fatal(err)
			}
			message := l.j.ErrorMessage
			back(l)
			j := l.is(job.Pending).j
			if j.WorkerID != "" || !j.StartedAt.IsZero() || !j.ConfirmedAt.IsZero() || !j.LeaseExpiresAt.IsZero() ||
				!j.ConfirmBy.IsZero() || !j.CompletedAt.IsZero() || j.Progress != 0 || j.ProgressMessage != "" {
				t.Fatalf("pending job still holds %s", encode(t, j))
			}
			if name != "error" && name != "lease" && !strings.HasSuffix(j.ErrorMessage, message) || j.ErrorMessage == "" {
				t.Fatalf("error message is %q, was %q", j.ErrorMessage, message)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	within := func(p job.Policy, n int, want time.Duration) {
		t.Helper()
		seen := map[time.Duration]bool{}
		var low, high time.Duration = 1 << 62, 0
		for i := range 400 {
			id := fmt.Sprint("job-", i)
			wait := p.Backoff(id, n)
			if wait != p.Backoff(id, n) {
				t.Fatalf("backoff %d of %s is not always the same", n, id)
			}
			if wait < want-want/10 || wait > want+want/10 || wait > p.BackoffCap || wait%time.Microsecond != 0 {
				t.Fatalf("backoff %d of %s is %s, want about %s", n, id, wait, want)
			}
			seen[wait] = true
			low, high = min(low, wait), max(high, wait)
		}
		// Jobs that failed together must spread over the whole tenth.
		if len(seen) < 390 || high-low < want/12 {
			t.Errorf("backoff %d takes %d values in 400 jobs, from %s to %s", n, len(seen), low, high)
		}
	}
	p := job.Policy{}.WithDefaults()
	for i, want := range []time.Duration{30, 60, 120, 240, 480, 960, 1920, 3600, 3600} {
		within(p, i+1, want*time.Second)
	}
	within(p, 1<<30, time.Hour)
	within(job.Policy{BackoffBase: time.Second, BackoffCap: 5 * time.Second}, 3, 4*time.Second)
	within(job.Policy{BackoffBase: time.Minute, BackoffCap: 5 * time.Second}, 1, 5*time.Second)
	if wait := (job.Policy{}).Backoff("a", 3); wait != 0 {
		t.Errorf("backoff without a base is %s", wait)
	}
}

func TestErrorMessages(t *testing.T) {
	t.Parallel()
	long := string(make([]byte, job.MaxErrorMessage-1)) + "äöü"
	for name, c := range map[string]struct{ message, want string }{
		"as sent":            {"no speech engine", "no speech engine"},
		"empty":              {"", "the worker reported an error and did not say which"},
		"not UTF-8":          {"bad \xff byte", "bad \uFFFD byte"},
		"cut at a character": {long, long[:job.MaxErrorMessage-1]},
	} {
		l := born(t, nil).taken(0).do(job.Change{Event: job.Fail, Digest: "x", Message: c.message})
		if l.j.ErrorMessage != c.want {
			t.Errorf("%s: error message %q, want %q", name, l.j.ErrorMessage, c.want)
		}
	}
}
