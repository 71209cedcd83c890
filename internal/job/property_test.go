package job_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"morag/internal/job"
)

// TestEveryLifeKeepsTheInvariants sends random changes and beats by random senders at
// random times to a job and checks, after each, what must hold of every job.
func TestEveryLifeKeepsTheInvariants(t *testing.T) {
	t.Parallel()
	reached := map[job.Transition]int{}
	for seed := range uint64(250) {
		r := rand.New(rand.NewPCG(seed, 7))
		retries := r.IntN(5)
		l := born(t, func(s *job.Spec) {
			s.MaxRetries = &retries
			s.Timeout = time.Duration(1+r.IntN(600)) * time.Second
		})
		w := watch{lifecycle: l, seed: seed}
		for range 50 {
			l.wait(w.some(r))
			if r.IntN(6) == 0 {
				w.beat(r)
				continue
			}
			from, c := l.j.Status, w.change(r)
			if w.send(c) == nil {
				reached[job.Transition{From: from, Event: c.Event, To: l.j.Status}]++
			}
		}
	}
	for _, tr := range job.Transitions() {
		tr.When = ""
		if reached[tr] == 0 {
			t.Errorf("no random lifecycle went from %s by %s to %s", tr.From, tr.Event, tr.To)
		}
		delete(reached, tr)
	}
	if len(reached) > 0 {
		t.Errorf("random lifecycles went where no row leads: %v", reached)
	}
}

// watch checks a lifecycle while it goes on.
type watch struct {
	*lifecycle
	seed     uint64
	accepted int // successes
}

// some is a while: often none or a moment, sometimes until something is due.
func (w *watch) some(r *rand.Rand) time.Duration {
	switch r.IntN(5) {
	case 0:
		return 0
	case 1:
		if _, at, ok := w.p.Due(w.j); ok && at.After(w.now) {
			return at.Sub(w.now)
		}
	case 2:
		if w.j.AvailableAt.After(w.now) {
			return w.j.AvailableAt.Sub(w.now)
		}
	}
	return time.Duration(r.Int64N(int64(time.Minute)))
}

// event is often one that the table allows, or that time has brought.
func (w *watch) event(r *rand.Rand) job.Event {
	if e, at, ok := w.p.Due(w.j); ok && !at.After(w.now) && r.IntN(2) == 0 {
		return e
	}
	if table := job.Transitions(); r.IntN(4) > 0 && w.j.Status != job.Completed {
		for {
			if tr := table[r.IntN(len(table))]; tr.From == w.j.Status {
				return tr.Event
			}
		}
	}
	events := job.Events()
	return events[r.IntN(len(events))]
}

func (w *watch) change(r *rand.Rand) job.Change {
	c := job.Change{Event: w.event(r), Final: r.IntN(8) == 0, Message: fmt.Sprint("message ", r.IntN(3))}
	if r.IntN(2) == 0 || c.Event == job.Claim {
		c.WorkerID = fmt.Sprint("w", r.IntN(3))
	}
	if r.IntN(2) == 0 && c.Event != job.Claim {
		c.WorkerID, c.Attempt = "", max(0, w.j.Attempt-r.IntN(4)/3)
	}
	switch c.Event {
	case job.Claim:
		c.Lease = time.Duration(r.IntN(2)*r.IntN(300)) * time.Second
	case job.Succeed:
		c.Digest, c.Result = fmt.Sprint("good ", r.IntN(4)), []byte(`{"content":"x"}`)
	case job.Fail:
		c.Digest = fmt.Sprint("bad ", r.IntN(4))
	case job.Reassign:
		c.Assignee, c.WorkerID = fmt.Sprint("w", r.IntN(3)), ""
	}
	return c
}

// send applies c twice to the same job: both times the same must come of it.
func (w *watch) send(c job.Change) error {
	w.t.Helper()
	before, copied := w.j.Clone(), w.j.Clone()
	err := w.apply(c)
	c.Now = w.now
	if copiedErr := w.p.Apply(copied, c); fmt.Sprint(err) != fmt.Sprint(copiedErr) || !reflect.DeepEqual(copied, w.j) {
		w.fail("%s is not pure: %v and %v", c.Event, err, copiedErr)
	}
	for _, sentinel := range []error{nil, job.ErrConflict, job.ErrLeaseLost, job.ErrNotYours, job.ErrRepeated} {
		if errors.Is(err, sentinel) {
			w.check(before, c, err)
			return err
		}
	}
	w.fail("%s: error %v is no sentinel", c.Event, err)
	return err
}

func (w *watch) beat(r *rand.Rand) {
	w.t.Helper()
	if r.IntN(8) == 0 { // a restart
		w.j = decode(w.t, w.j)
		w.p.Resume(w.j, w.now)
		return
	}
	before := w.j.Clone()
	err := w.alive(job.Beat{WorkerID: fmt.Sprint("w", r.IntN(3))})
	writes := int64(0)
	if err == nil && before.ConfirmedAt.IsZero() {
		writes = 1
	}
	if w.j.Revision != before.Revision+writes || !w.j.TimeoutAt.Equal(before.TimeoutAt) || w.j.Status != before.Status {
		w.fail("a beat changed %s to %s", encode(w.t, before), encode(w.t, w.j))
	}
}

func (w *watch) check(before *job.Job, c job.Change, err error) {
	w.t.Helper()
	j := w.j
	claimed := err == nil && c.Event == job.Claim
	if claimed && j.Attempt != before.Attempt+1 || !claimed && j.Attempt != before.Attempt {
		w.fail("attempt went from %d to %d by %s", before.Attempt, j.Attempt, c.Event)
	}
	if j.RetryCount > j.MaxRetries || j.RetryCount < before.RetryCount && j.RetryCount != 0 {
		w.fail("retry_count went from %d to %d of %d", before.RetryCount, j.RetryCount, j.MaxRetries)
	}
	if j.Status.Terminal() && (!j.LeaseExpiresAt.IsZero() || !j.ConfirmBy.IsZero() || j.AssignedWorker != "" || j.CompletedAt.IsZero()) {
		w.fail("a job that is over is held")
	}
	if j.Status == job.Pending && (j.WorkerID != "" || !j.StartedAt.IsZero() || !j.LeaseExpiresAt.IsZero() || !j.ConfirmBy.IsZero() || !j.CompletedAt.IsZero()) {
		w.fail("a pending job is held")
	}
	if j.Status == job.Processing && (j.WorkerID == "" || j.StartedAt.IsZero() || j.LeaseExpiresAt.IsZero() != (j.LeaseSeconds == 0)) {
		w.fail("a processing job is not held")
	}
	last := j.OpenedAt.Add(time.Duration(2*(j.MaxRetries+1)) * j.Timeout())
	if j.TimeoutAt.After(last) {
		w.fail("timeout_at lies %s after the last deadline", j.TimeoutAt.Sub(last))
	}
	if _, at, ok := w.p.Due(j); ok == j.Status.Terminal() || at.After(j.TimeoutAt) {
		w.fail("time brings nothing before its deadline, but at %s", at)
	}
	if len(j.History) > job.MaxHistory {
		w.fail("history of %d", len(j.History))
	}
	for i, h := range j.History[1:] {
		if h.At.Before(j.History[i].At) || h.From != j.History[i].To {
			w.fail("history step %d does not follow the one before", i+1)
		}
	}
	if err == nil && c.Event == job.Succeed {
		if w.accepted++; w.accepted > 1 {
			w.fail("two results were accepted")
		}
	}
	if err == nil {
		if back := decode(w.t, j); record(w.t, back) != record(w.t, j) {
			w.fail("read again it is %s", record(w.t, back))
		}
	}
}

func (w *watch) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("seed %d: %s: %s", w.seed, fmt.Sprintf(format, args...), encode(w.t, w.j))
}
