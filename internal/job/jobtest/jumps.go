package jobtest

import (
	"context"
	"testing"
	"time"

	"morag/internal/job"
)

// jumps is about a clock on the wall that is set while the store is open. Whatever it
// says, what was to happen after some time happens after that time. Its readings have no
// monotonic part, so that a step forward cannot be told from time that has passed.
func jumps(t *testing.T, s Subject) {
	for name, jump := range map[string]time.Duration{"not": 0, "back an hour": -time.Hour, "back ten years": -87600 * time.Hour} {
		set := "clock set " + name + ": "
		try(t, s, set+"created_at never goes backwards", job.Policy{}, func(t *testing.T, b *bench) {
			first := b.create(spec("a"))
			b.pass(time.Second)
			b.jump(jump)
			second := b.create(spec("b"))
			if second.CreatedAt.Before(first.CreatedAt) {
				t.Fatalf("created at %s, after one at %s", second.CreatedAt, first.CreatedAt)
			}
			b.take("a", "w1", 0)
			b.pass(time.Second)
			third := b.create(spec("c"))
			if !third.CreatedAt.After(second.CreatedAt) {
				t.Fatalf("created at %s, a second after one at %s", third.CreatedAt, second.CreatedAt)
			}
		})
		try(t, s, set+"a backoff ends, and Wake says so", job.Policy{}, func(t *testing.T, b *bench) {
			j := b.failed("a")
			wait := j.AvailableAt.Sub(b.place.Now())
			b.jump(jump)
			b.pass(wait - time.Second)
			b.none("w1")
			hints := b.listen()
			b.pass(2 * time.Second)
			b.woken(hints, job.Hint{ContentType: "audio"})
			b.take("a", "w1", 0)
		})
		try(t, s, set+"leases, confirmations and deadlines end", job.Policy{}, func(t *testing.T, b *bench) {
			b.create(spec("leased"))
			b.take("leased", "w1", time.Minute)
			b.alive("leased", job.Beat{})
			b.create(spec("unconfirmed"))
			b.take("unconfirmed", "w1", 0)
			b.create(spec("pending"))
			b.wantDue(9, time.Minute)
			b.jump(jump)
			b.pass(time.Minute + time.Millisecond)
			b.dueIs(job.Due{ID: "leased", Event: job.LoseLease})
			b.pass(time.Minute)
			b.dueIs(job.Due{ID: "leased", Event: job.LoseLease}, job.Due{ID: "unconfirmed", Event: job.Unconfirmed})
			b.pass(time.Hour)
			b.dueIs(job.Due{ID: "leased", Event: job.LoseLease}, job.Due{ID: "unconfirmed", Event: job.Unconfirmed}, job.Due{ID: "pending", Event: job.Expire})
		})
		try(t, s, set+"a beat renews by what has passed", job.Policy{}, func(t *testing.T, b *bench) {
			b.create(spec("a"))
			b.take("a", "w1", time.Minute)
			b.jump(jump)
			b.pass(50 * time.Second)
			b.alive("a", job.Beat{WorkerID: "w1"})
			b.pass(59 * time.Second)
			b.dueIs()
			b.pass(time.Second + time.Millisecond)
			b.dueIs(job.Due{ID: "a", Event: job.LoseLease})
		})
	}
	try(t, s, "clock set forward an hour: that hour has passed", job.Policy{}, func(t *testing.T, b *bench) {
		first := b.failed("backoff")
		b.create(spec("pending"))
		b.jump(time.Hour)
		if j := b.create(spec("new")); j.CreatedAt.Sub(first.CreatedAt) != time.Hour {
			t.Fatalf("created %s after one before", j.CreatedAt.Sub(first.CreatedAt))
		}
		b.take("backoff", "w1", 0)
		b.dueIs(job.Due{ID: "pending", Event: job.Expire})
	})
}

// jump sets the clock and lets the store look at it once. Without a monotonic reading,
// time that passes between the last look before a step back and the first one after it
// is lost; stores are asked what is due every second or so.
func (b *bench) jump(d time.Duration) {
	b.t.Helper()
	b.place.Jump(d)
	if _, _, err := b.store.Due(context.Background(), 1); err != nil {
		b.t.Fatalf("Due: %v", err)
	}
}

// dueIs compares what is due, not how long it is until the next.
func (b *bench) dueIs(want ...job.Due) {
	b.t.Helper()
	_, wait, err := b.store.Due(context.Background(), 100)
	if err != nil {
		b.t.Fatalf("Due: %v", err)
	}
	b.wantDue(100, wait, want...)
}
