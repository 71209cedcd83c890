package jobtest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"morag/internal/job"
)

// due is about what time brings, and about the heartbeats that keep it away.
func due(t *testing.T, s Subject) {
	try(t, s, "each at its time, soonest first", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("leased"))
		b.take("leased", "w1", 15*time.Second)
		b.alive("leased", job.Beat{WorkerID: "w1"})
		b.create(spec("unconfirmed"))
		b.take("unconfirmed", "w1", 15*time.Second)
		for id, timeout := range map[string]time.Duration{"short": time.Minute, "long": 30 * time.Minute} {
			s := spec(id)
			s.Timeout = timeout
			b.create(s)
		}
		b.wantDue(10, 15*time.Second)
		b.pass(15 * time.Second)
		lost := job.Due{ID: "leased", Event: job.LoseLease}
		b.wantDue(10, 45*time.Second, lost)
		b.wantDue(1, 45*time.Second, lost)
		b.pass(2 * time.Hour)
		order := []job.Due{lost, {ID: "short", Event: job.Expire}, {ID: "unconfirmed", Event: job.Unconfirmed}, {ID: "long", Event: job.Expire}}
		b.wantDue(10, time.Minute, order...)
		b.wantDue(2, 0, order[:2]...)
		for _, d := range order {
			b.update(d.ID, job.Change{Event: d.Event})
		}
		b.wantStatus("leased", job.Pending)
		b.wantStatus("unconfirmed", job.Pending)
		b.wantStatus("short", job.Timeout)
		b.wantStatus("long", job.Timeout)
	})
	try(t, s, "nothing is due to what is over, or to nobody", job.Policy{}, func(t *testing.T, b *bench) {
		b.wantDue(10, time.Minute)
		for _, status := range job.Statuses() {
			if status.Terminal() {
				b.bring(string(status), status)
			}
		}
		b.pass(1000 * time.Hour)
		b.wantDue(10, time.Minute)
		b.bring("gone", job.Cancelled)
		if err := b.store.Delete(context.Background(), "gone"); err != nil {
			t.Fatal(err)
		}
		b.wantDue(10, time.Minute)
	})
	try(t, s, "what has been done in time is not done late", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.take("a", "w1", time.Minute)
		b.refuse("a", job.Change{Event: job.Unconfirmed}, job.ErrConflict)
		b.pass(2 * time.Minute)
		b.wantDue(10, time.Minute, job.Due{ID: "a", Event: job.Unconfirmed})
		b.alive("a", job.Beat{WorkerID: "w1"})
		b.refuse("a", job.Change{Event: job.Unconfirmed}, job.ErrConflict)
		b.wantDue(10, time.Minute)
		b.pass(time.Minute)
		b.wantDue(10, time.Minute, job.Due{ID: "a", Event: job.LoseLease})
		b.alive("a", job.Beat{WorkerID: "w1"})
		b.refuse("a", job.Change{Event: job.LoseLease}, job.ErrConflict)
	})
	try(t, s, "a lease lives by its beats, and the deadline stays", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		deadline := b.take("a", "w1", 20*time.Second).TimeoutAt
		for b.place.Now().Before(deadline.Add(-20 * time.Second)) {
			b.pass(19 * time.Second)
			b.wantDue(1, b.nextWait("a"))
			b.alive("a", job.Beat{WorkerID: "w1", Attempt: 1})
		}
		b.pass(deadline.Sub(b.place.Now()))
		b.wantDue(1, time.Minute, job.Due{ID: "a", Event: job.Expire})
		b.update("a", job.Change{Event: job.Expire})
		b.wantStatus("a", job.Timeout)
	})
	try(t, s, "a renewed lease does not hide those that end before it", job.Policy{}, func(t *testing.T, b *bench) {
		for i := range 8 {
			id := numbered("j", i)
			b.create(spec(id))
			b.take(id, "w1", 20*time.Second)
			b.alive(id, job.Beat{})
			b.pass(time.Second)
		}
		for _, i := range []int{0, 3, 1} {
			b.alive(numbered("j", i), job.Beat{})
			b.pass(time.Second)
		}
		b.pass(30 * time.Second)
		var want []job.Due
		for _, i := range []int{2, 4, 5, 6, 7, 0, 3, 1} {
			want = append(want, job.Due{ID: numbered("j", i), Event: job.LoseLease})
		}
		b.wantDue(3, 0, want[:3]...)
		b.dueIs(want...)
	})
	try(t, s, "a claim without a lease lives until its deadline", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.take("a", "w1", 0)
		b.update("a", job.Change{Event: job.Confirm, Attempt: 1})
		b.refuse("a", job.Change{Event: job.Confirm, Attempt: 1}, job.ErrRepeated)
		b.pass(time.Hour - time.Microsecond)
		b.wantDue(1, time.Microsecond)
		b.pass(time.Microsecond)
		b.wantDue(1, time.Minute, job.Due{ID: "a", Event: job.Expire})
	})
	try(t, s, "an answer that was not delivered requeues the job at once", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.take("a", "w1", 0)
		b.update("a", job.Change{Event: job.Unconfirmed, Attempt: 1})
		b.take("a", "w1", 0)
		b.refuse("a", job.Change{Event: job.Unconfirmed, Attempt: 1}, job.ErrLeaseLost)
	})
	half, full := 0.5, 1.0
	for name, beat := range map[string]job.Beat{
		"holder": {WorkerID: "w1", Attempt: 1, Progress: &half, Message: "half way"}, "nameless": {Progress: &full},
		"stranger": {WorkerID: "w2"}, "other attempt": {WorkerID: "w1", Attempt: 9},
	} {
		for _, status := range job.Statuses() {
			try(t, s, "beat of a "+name+" in "+string(status), job.Policy{}, func(t *testing.T, b *bench) {
				b.bring("a", status)
				b.pass(time.Second)
				b.aliveBoth("a", beat)
			})
		}
	}
}

// wantDue compares Due's answer.
func (b *bench) wantDue(n int, wait time.Duration, want ...job.Due) {
	b.t.Helper()
	got, gotWait, err := b.store.Due(context.Background(), n)
	if err != nil {
		b.t.Fatalf("Due: %v", err)
	}
	if !reflect.DeepEqual(append([]job.Due{}, got...), append([]job.Due{}, want...)) || gotWait != wait {
		b.t.Fatalf("due are %v and then in %s, want %v and then in %s", got, gotWait, want, wait)
	}
}

// nextWait is the wait that Due should answer when the job id is the only one.
func (b *bench) nextWait(id string) time.Duration {
	_, at, _ := b.policy.Due(b.get(id))
	return min(time.Minute, at.Sub(b.place.Now()))
}

func (b *bench) alive(id string, beat job.Beat) *job.Job {
	b.t.Helper()
	j, err := b.store.Alive(context.Background(), id, beat)
	if err != nil {
		b.t.Fatalf("Alive %s: %v", id, err)
	}
	return j
}

// aliveBoth sends a beat to the store and to a copy by Policy.Alive.
func (b *bench) aliveBoth(id string, beat job.Beat) {
	b.t.Helper()
	want := b.get(id)
	wantErr := b.policy.Alive(want, beat, b.place.Now())
	got, err := b.store.Alive(context.Background(), id, beat)
	if (err == nil) != (wantErr == nil) || !errors.Is(err, wantErr) {
		b.t.Fatalf("Alive: error %v, want %v", err, wantErr)
	}
	for call, j := range map[string]*job.Job{"Alive": got, "Get": b.get(id)} {
		if j == nil || encode(b.t, j) != encode(b.t, want) {
			b.t.Fatalf("%s returns %v, want %s", call, j, encode(b.t, want))
		}
	}
}
