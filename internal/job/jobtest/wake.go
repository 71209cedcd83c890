package jobtest

import (
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/job"
)

// wake is about the hint that follows whenever a job becomes claimable.
func wake(t *testing.T, s Subject) {
	for name, c := range map[string]struct {
		before func(*bench)               // what leads up to it, hints not looked at
		event  func(*bench)               // what opens the job, now
		at     func(*bench) time.Duration // or when time opens it
		worker string
	}{
		"on creation": {event: func(b *bench) { b.create(spec("a")) }, worker: "w1"},
		"on release": {
			before: func(b *bench) { b.create(spec("a")); b.take("a", "w1", 0) },
			event:  func(b *bench) { b.update("a", job.Change{Event: job.Release}) }, worker: "w2",
		},
		"when a claim was never confirmed": {
			before: func(b *bench) { b.create(spec("a")); b.take("a", "w1", 0); pass(2 * time.Minute) },
			event:  func(b *bench) { b.update("a", job.Change{Event: job.Unconfirmed}) }, worker: "w1",
		},
		"on a manual retry": {
			before: func(b *bench) { b.bring("a", job.Failed) },
			event:  func(b *bench) { b.update("a", job.Change{Event: job.Retry}) }, worker: "w1",
		},
		"on a manual retry in backoff": {
			before: func(b *bench) { b.failed("a") },
			event:  func(b *bench) { b.update("a", job.Change{Event: job.Retry}) }, worker: "w1",
		},
		"on an assignment": {
			before: func(b *bench) { b.create(spec("a")) },
			event:  func(b *bench) { b.update("a", job.Change{Event: job.Reassign, Assignee: "w2"}) }, worker: "w2",
		},
		"after a backoff": {
			before: func(b *bench) { b.failed("a") },
			at:     func(b *bench) time.Duration { return b.get("a").AvailableAt.Sub(b.clock.Now()) }, worker: "w2",
		},
		"when the worker that failed it may have it again": {
			before: func(b *bench) { b.failed("a") },
			at: func(b *bench) time.Duration {
				_, until := b.policy.Avoided(b.get("a"))
				return until.Sub(b.clock.Now())
			}, worker: "w1",
		},
		"when an assignment opens to all": {
			before: func(b *bench) { b.create(spec("a")); b.update("a", job.Change{Event: job.Reassign, Assignee: "w2"}) },
			at:     func(b *bench) time.Duration { return b.policy.AssignedUntil(b.get("a")).Sub(b.clock.Now()) }, worker: "w1",
		},
		"when a releaser may have it again": {
			before: func(b *bench) {
				b.create(spec("a"))
				b.take("a", "w1", 0)
				b.update("a", job.Change{Event: job.Release})
			},
			at: func(b *bench) time.Duration {
				_, until := b.policy.Avoided(b.get("a"))
				return until.Sub(b.clock.Now())
			}, worker: "w1",
		},
	} {
		try(t, s, name, job.Policy{}, func(t *testing.T, b *bench) {
			if c.before != nil {
				c.before(b)
			}
			b.drain()
			within := time.Second
			if c.event != nil {
				c.event(b)
			} else {
				b.none(c.worker)
				// Other hints may come meanwhile; the one that counts comes after.
				pass(c.at(b) - time.Microsecond)
				b.drain()
				b.none(c.worker)
			}
			b.woken("audio", within)
			b.take("a", c.worker, 0)
		})
	}
	try(t, s, "nobody need listen", job.Policy{}, func(t *testing.T, b *bench) {
		kinds := map[string]bool{}
		for i := range 300 {
			s := spec(numbered("j", i))
			s.ContentType = numbered("kind", i%100)
			kinds[s.ContentType] = true
			b.create(s)
		}
		// Who listens at last hears of every type.
		for len(kinds) > 0 {
			select {
			case kind := <-b.store.Wake():
				delete(kinds, kind)
			case <-time.After(time.Minute):
				t.Fatalf("no hint for %d types", len(kinds))
			}
		}
	})
}

// drain reads the hints that are there already.
func (b *bench) drain() {
	for {
		synctest.Wait()
		select {
		case <-b.store.Wake():
		default:
			return
		}
	}
}

// woken waits for a hint.
func (b *bench) woken(kind string, within time.Duration) {
	b.t.Helper()
	timeout := time.After(within)
	for {
		select {
		case got, ok := <-b.store.Wake():
			if !ok {
				b.t.Fatal("Wake is closed")
			}
			if got == kind {
				return
			}
		case <-timeout:
			b.t.Fatalf("no hint for %s", kind)
		}
	}
}
