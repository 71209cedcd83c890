package job_test

import (
	"errors"
	"testing"
	"time"

	"morag/internal/job"
)

// Rule 7: cancel.
func TestRule7Cancel(t *testing.T) {
	t.Parallel()
	cancel := plain(job.Cancel)
	for _, s := range job.Statuses() {
		l := in(t, s)
		switch {
		case !s.Terminal():
			l.do(cancel).is(job.Cancelled).refused(cancel, job.ErrRepeated)
		case s == job.Cancelled:
			l.refused(cancel, job.ErrRepeated)
		default:
			l.refused(cancel, job.ErrConflict)
		}
	}
	l := leased(t).do(job.Change{Event: job.Cancel, Message: "not needed"})
	if l.j.ErrorMessage != "not needed" || l.j.WorkerID != "w1" {
		t.Fatalf("cancelled job is %s", encode(t, l.j))
	}
	// The reason given is the one that ended it; the last error comes after it.
	before := lost(t).j.ErrorMessage
	for given, want := range map[string]string{"": "cancelled; before that: " + before, "not needed": "not needed; before that: " + before} {
		if l := lost(t).do(job.Change{Event: job.Cancel, Message: given}); l.j.ErrorMessage != want || before == "" {
			t.Errorf("cancelled with the reason %q: %q, want %q", given, l.j.ErrorMessage, want)
		}
	}
	if l := lost(t).do(cancel, plain(job.Retry), cancel); l.j.ErrorMessage != "cancelled; before that: "+before {
		t.Errorf("cancelled twice: %q", l.j.ErrorMessage)
	}
	if l := leased(t).do(cancel); l.j.ErrorMessage != "cancelled" {
		t.Errorf("cancelled without a reason: %q", l.j.ErrorMessage)
	}
}

func TestRule7WhoHearsOfTheCancel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		live func(*testing.T) *lifecycle
		beat job.Beat
		want error // ErrConflict is the holder's, who learns that it is cancelled
	}{
		"the holder":                     {leased, job.Beat{WorkerID: "w1", Attempt: 1}, job.ErrConflict},
		"the documented holder":          {held, job.Beat{}, job.ErrConflict},
		"the last holder, lost before":   {lost, job.Beat{WorkerID: "w1", Attempt: 1}, job.ErrConflict},
		"a lost attempt":                 {func(t *testing.T) *lifecycle { return by(lost(t), "w2", 0) }, job.Beat{WorkerID: "w1", Attempt: 1}, job.ErrLeaseLost},
		"a lost attempt of the same one": {func(t *testing.T) *lifecycle { return by(lost(t), "w1", 0) }, job.Beat{WorkerID: "w1", Attempt: 1}, job.ErrLeaseLost},
		"a stranger":                     {leased, job.Beat{WorkerID: "w2"}, job.ErrLeaseLost},
	} {
		l := c.live(t).do(plain(job.Cancel))
		if err := l.alive(c.beat); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}

// Rule 8: what an operator may do.
func TestRule8Retry(t *testing.T) {
	t.Parallel()
	for _, s := range []job.Status{job.Failed, job.Timeout, job.Cancelled} {
		l := in(t, s).wait(10 * time.Hour).do(plain(job.Retry)).is(job.Pending)
		if l.j.RetryCount != 0 || !l.j.CompletedAt.IsZero() || !l.j.OpenedAt.Equal(l.now) || !l.j.AvailableAt.Equal(l.now) {
			t.Fatalf("retried from %s: %s", s, encode(t, l.j))
		}
		if last := l.j.History[len(l.j.History)-1]; last.WorkerID != "" {
			t.Errorf("retried from %s, held by %s", s, last.WorkerID)
		}
		attempt := l.j.Attempt
		if by(l, "w2", 0); l.j.Attempt != attempt+1 {
			t.Errorf("attempt went from %d to %d", attempt, l.j.Attempt)
		}
	}
	for _, s := range []job.Status{job.Pending, job.Processing, job.Completed} {
		in(t, s).refused(plain(job.Retry), job.ErrConflict)
	}
	spent := born(t, nil)
	for range 4 {
		spent.taken(0).do(failure("f"))
	}
	if spent.is(job.Failed).do(plain(job.Retry)); spent.j.RetryCount != 0 {
		t.Errorf("retried by hand it has used %d retries", spent.j.RetryCount)
	}
	l := held(t).do(failure("f")).do(plain(job.Retry))
	if !l.j.AvailableAt.Equal(l.now) || l.j.RetryCount != 1 || !l.j.OpenedAt.Equal(start) {
		t.Fatalf("retried in backoff: %s", encode(t, l.j))
	}
	l.refused(plain(job.Retry), job.ErrConflict)
}

func TestRule8Reassign(t *testing.T) {
	t.Parallel()
	toW2 := job.Change{Event: job.Reassign, Assignee: "w2"}
	w1, w2 := job.Change{Event: job.Claim, WorkerID: "w1"}, job.Change{Event: job.Claim, WorkerID: "w2"}
	for _, s := range []job.Status{job.Pending, job.Processing, job.Failed, job.Timeout} {
		l := in(t, s).do(toW2).is(job.Pending)
		if l.j.AssignedWorker != "w2" || l.j.RetryCount != 0 || !l.j.AssignedAt.Equal(l.now) {
			t.Fatalf("reassigned from %s: %s", s, encode(t, l.j))
		}
		l.refused(w1, job.ErrNotYours).wait(299*time.Second).refused(w1, job.ErrNotYours).wait(time.Second).do(w1)
		if l.j.AssignedWorker != "" || !l.j.AssignedAt.IsZero() {
			t.Fatalf("claimed, yet assigned: %s", encode(t, l.j))
		}
		in(t, s).do(toW2).do(w2).is(job.Processing)
	}
	for _, s := range []job.Status{job.Completed, job.Cancelled} {
		in(t, s).refused(toW2, job.ErrConflict)
	}
	// The window starts when the target can claim at all.
	l := held(t)
	l.p.BackoffBase = time.Hour
	l.do(failure("f"), toW2).wait(l.j.AvailableAt.Sub(l.now)).refused(w1, job.ErrNotYours)
	l.wait(5*time.Minute-time.Microsecond).refused(w1, job.ErrNotYours).wait(time.Microsecond).do(w1)
	// To nobody: open to all. An end ends the assignment too.
	if open := born(t, nil).do(toW2, plain(job.Reassign)); open.j.AssignedWorker != "" || !open.j.AssignedAt.IsZero() {
		t.Errorf("assigned to nobody: %s", encode(t, open.j))
	}
	born(t, nil).do(toW2, plain(job.Reassign)).do(w1)
	born(t, nil).do(toW2, plain(job.Cancel), plain(job.Retry)).do(w1)
	// A claim by nobody is nobody's.
	born(t, nil).refused(plain(job.Claim), job.ErrNotYours)
}

func TestRule8Release(t *testing.T) {
	t.Parallel()
	release := from(plain(job.Release), "w1", 1)
	w1, w2 := job.Change{Event: job.Claim, WorkerID: "w1"}, job.Change{Event: job.Claim, WorkerID: "w2"}
	l := leased(t).do(release).is(job.Pending)
	if l.j.RetryCount != 0 || !l.j.AvailableAt.Equal(l.now) {
		t.Fatalf("released job is %s", encode(t, l.j))
	}
	l.refused(release, job.ErrRepeated).refused(plain(job.Release), job.ErrRepeated)
	l.refused(from(plain(job.Release), "w2", 0), job.ErrLeaseLost)
	pause := l.p.Backoff("a", 1)
	l.refused(w1, job.ErrNotYours).wait(pause-time.Microsecond).refused(w1, job.ErrNotYours).wait(time.Microsecond).do(w1)
	leased(t).do(release, w2).refused(release, job.ErrLeaseLost)
	leased(t).do(release, job.Change{Event: job.Reassign, Assignee: "w1"}, w1)
	for _, s := range job.Statuses() {
		if s != job.Processing {
			in(t, s).refused(plain(job.Release), job.ErrConflict)
		}
	}
}

func TestOpensNamesEveryMomentAJobBecomesClaimable(t *testing.T) {
	t.Parallel()
	workers := []string{"w1", "w2", "w3"}
	for name, l := range map[string]*lifecycle{
		"new":                     born(t, nil),
		"released":                leased(t).do(plain(job.Release)),
		"in backoff":              held(t).do(failure("f")),
		"assigned":                born(t, nil).do(job.Change{Event: job.Reassign, Assignee: "w2"}),
		"assigned in backoff":     held(t).do(failure("f"), job.Change{Event: job.Reassign, Assignee: "w2"}),
		"processing":              leased(t),
		"completed":               in(t, job.Completed),
		"reassigned to its maker": leased(t).do(job.Change{Event: job.Reassign, Assignee: "w1"}),
	} {
		opens := l.p.Opens(l.j)
		told := func(at time.Time) bool {
			for _, o := range opens {
				if o.Equal(at) {
					return true
				}
			}
			return false
		}
		for at := l.now; at.Before(l.now.Add(20 * time.Minute)); at = at.Add(time.Second) {
			for _, w := range workers {
				before, after := l.p.Claimable(l.j, w, at), l.p.Claimable(l.j, w, at.Add(time.Second))
				if before == nil || after != nil {
					continue
				}
				opened := false
				for _, o := range opens {
					opened = opened || o.After(at) && !o.After(at.Add(time.Second))
				}
				if !opened {
					t.Errorf("%s: opens to %s after %s, but Opens says %v", name, w, at.Sub(l.now), opens)
				}
			}
		}
		if l.j.Status == job.Pending != told(l.j.AvailableAt) {
			t.Errorf("%s: Opens says %v", name, opens)
		}
	}
}
