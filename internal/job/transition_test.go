package job_test

import (
	"errors"
	"testing"
	"time"

	"morag/internal/job"
)

// where is what each event does to a job in each status when who sends it is the
// holder, if there is one, and the time is right. What is not here is refused with
// ErrConflict. It repeats the drawing of the wire contract by hand, so that a slip in
// Transitions cannot hide.
var where = map[job.Status]map[job.Event]job.Status{
	job.Pending: {
		job.Claim: job.Processing, job.Expire: job.Timeout, job.Cancel: job.Cancelled, job.Reassign: job.Pending,
	},
	job.Processing: {
		job.Confirm: job.Processing, job.Succeed: job.Completed, job.Fail: job.Pending, job.LoseLease: job.Pending,
		job.Unconfirmed: job.Pending, job.Release: job.Pending, job.Reassign: job.Pending, job.Abandon: job.Failed,
		job.Expire: job.Timeout, job.Cancel: job.Cancelled,
	},
	job.Completed: {},
	job.Failed:    {job.Retry: job.Pending, job.Reassign: job.Pending},
	job.Timeout:   {job.Retry: job.Pending, job.Reassign: job.Pending},
	job.Cancelled: {job.Retry: job.Pending},
}

func TestEveryPairOfStatusAndEvent(t *testing.T) {
	t.Parallel()
	for _, status := range job.Statuses() {
		for _, event := range job.Events() {
			t.Run(string(status)+"/"+string(event), func(t *testing.T) {
				t.Parallel()
				l := in(t, status)
				c := job.Change{Event: event, Digest: "new"}
				switch event {
				case job.Claim:
					c.WorkerID = "w2"
				case job.Reassign:
					c.Assignee = "w2"
				case job.Expire:
					if status == job.Processing {
						l.do(plain(job.Confirm))
						l.j.LeaseExpiresAt = l.j.TimeoutAt.Add(time.Minute)
					}
					l.now = l.j.TimeoutAt
				case job.LoseLease:
					if status == job.Processing {
						l.do(plain(job.Confirm))
					}
					l.wait(time.Minute)
				case job.Unconfirmed:
					l.wait(2 * time.Minute)
				case job.Succeed, job.Fail, job.Abandon:
					c.Attempt = l.j.Attempt
				}
				err := l.apply(c)
				if to, ok := where[status][event]; ok {
					if err != nil {
						t.Fatal(err)
					}
					l.is(to)
					return
				}
				want := job.ErrConflict
				if status == job.Pending && event == job.Succeed {
					want = job.ErrLeaseLost // there is a row, for another history
				}
				if status == job.Cancelled && event == job.Cancel {
					want = job.ErrRepeated
				}
				if !errors.Is(err, want) {
					t.Fatalf("error %v, want %v", err, want)
				}
			})
		}
	}
}

// TestEveryRowIsReached brings a job over each row of the table.
func TestEveryRowIsReached(t *testing.T) {
	t.Parallel()
	noRetries := func(s *job.Spec) { s.MaxRetries = new(int) }
	held := func(t *testing.T) *lifecycle { return born(t, nil).taken(time.Minute) }
	lifecycles := []func(*testing.T) *lifecycle{
		held,
		func(t *testing.T) *lifecycle { return held(t).do(plain(job.Confirm)) },
		func(t *testing.T) *lifecycle { return held(t).do(from(success("s"), "w1", 1)) },
		func(t *testing.T) *lifecycle {
			return held(t).do(plain(job.Confirm)).due(job.LoseLease).do(from(success("s"), "w1", 1))
		},
		func(t *testing.T) *lifecycle { return held(t).do(from(failure("f"), "w1", 1), plain(job.Retry)) },
		func(t *testing.T) *lifecycle { return held(t).do(from(final("f"), "w1", 1), plain(job.Retry)) },
		func(t *testing.T) *lifecycle {
			return born(t, noRetries).taken(time.Minute).do(plain(job.Confirm)).due(job.LoseLease).do(plain(job.Reassign))
		},
		func(t *testing.T) *lifecycle { return held(t).due(job.Unconfirmed).do(plain(job.Reassign)) },
		func(t *testing.T) *lifecycle { return held(t).do(plain(job.Release)).due(job.Expire) },
		func(t *testing.T) *lifecycle { return held(t).do(plain(job.Reassign)).do(plain(job.Cancel)) },
		func(t *testing.T) *lifecycle { return held(t).do(from(plain(job.Abandon), "w1", 1)) },
		func(t *testing.T) *lifecycle {
			return born(t, nil).taken(0).do(plain(job.Confirm)).due(job.Expire).do(plain(job.Retry))
		},
		func(t *testing.T) *lifecycle { return held(t).do(plain(job.Cancel), plain(job.Retry)) },
		func(t *testing.T) *lifecycle { return born(t, nil).due(job.Expire).do(plain(job.Reassign)) },
	}
	type row struct {
		from  job.Status
		event job.Event
		to    job.Status
	}
	reached := map[row]bool{}
	for _, live := range lifecycles {
		for _, h := range live(t).j.History {
			reached[row{h.From, job.Event(h.Reason), h.To}] = true
		}
	}
	// A confirmation is no step of the history.
	if l := held(t).do(plain(job.Confirm)).is(job.Processing); !l.j.ConfirmedAt.IsZero() && len(l.j.History) == 2 {
		reached[row{job.Processing, job.Confirm, job.Processing}] = true
	}
	for _, tr := range job.Transitions() {
		key := row{tr.From, tr.Event, tr.To}
		if !reached[key] {
			t.Errorf("no lifecycle goes from %s by %s to %s", tr.From, tr.Event, tr.To)
		}
		delete(reached, key)
	}
	delete(reached, row{"", job.Created, job.Pending})
	for r := range reached {
		t.Errorf("a lifecycle went from %s by %s to %s, which is no row", r.from, r.event, r.to)
	}
}

func TestTheTableNamesOnlyWhatExists(t *testing.T) {
	t.Parallel()
	statuses, events := map[job.Status]bool{}, map[job.Event]bool{}
	for _, s := range job.Statuses() {
		statuses[s] = true
	}
	for _, e := range job.Events() {
		events[e] = true
	}
	seen := map[job.Transition]bool{}
	for _, tr := range job.Transitions() {
		if !statuses[tr.From] || !statuses[tr.To] || !events[tr.Event] {
			t.Errorf("row %v names a status or an event that is not listed", tr)
		}
		if seen[tr] {
			t.Errorf("row %v stands there twice", tr)
		}
		seen[tr] = true
		if tr.From == job.Completed {
			t.Errorf("row %v leaves completed", tr)
		}
	}
	if job.Pending.Terminal() || job.Processing.Terminal() || !job.Completed.Terminal() || !job.Failed.Terminal() ||
		!job.Timeout.Terminal() || !job.Cancelled.Terminal() {
		t.Error("Terminal is wrong about a status")
	}
}
