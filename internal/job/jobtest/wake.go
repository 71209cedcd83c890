package jobtest

import (
	"context"
	"maps"
	"testing"
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
		named  string // by the hint: the job is for that worker alone
	}{
		"on creation": {event: func(b *bench) { b.create(spec("a")) }, worker: "w1"},
		"on release": {
			before: func(b *bench) { b.create(spec("a")); b.take("a", "w1", 0) },
			event:  func(b *bench) { b.update("a", job.Change{Event: job.Release}) }, worker: "w2",
		},
		"when a claim was never confirmed": {
			before: func(b *bench) { b.create(spec("a")); b.take("a", "w1", 0); b.pass(2 * time.Minute) },
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
			event:  func(b *bench) { b.update("a", job.Change{Event: job.Reassign, Assignee: "w2"}) }, worker: "w2", named: "w2",
		},
		"after a backoff": {
			before: func(b *bench) { b.failed("a") },
			at:     func(b *bench) time.Duration { return b.get("a").AvailableAt.Sub(b.place.Now()) }, worker: "w2",
		},
		"when the worker that failed it may have it again": {
			before: func(b *bench) { b.failed("a") },
			at: func(b *bench) time.Duration {
				_, until := b.policy.Avoided(b.get("a"))
				return until.Sub(b.place.Now())
			}, worker: "w1",
		},
		"when an assignment opens to all": {
			before: func(b *bench) { b.create(spec("a")); b.update("a", job.Change{Event: job.Reassign, Assignee: "w2"}) },
			at:     func(b *bench) time.Duration { return b.policy.AssignedUntil(b.get("a")).Sub(b.place.Now()) }, worker: "w1",
		},
		"when a releaser may have it again": {
			before: func(b *bench) {
				b.create(spec("a"))
				b.take("a", "w1", 0)
				b.update("a", job.Change{Event: job.Release})
			},
			at: func(b *bench) time.Duration {
				_, until := b.policy.Avoided(b.get("a"))
				return until.Sub(b.place.Now())
			}, worker: "w1",
		},
	} {
		try(t, s, name, job.Policy{}, func(t *testing.T, b *bench) {
			if c.before != nil {
				c.before(b)
			}
			if c.at != nil {
				b.none(c.worker)
				b.pass(c.at(b) - time.Microsecond)
				b.none(c.worker)
			}
			one, other := b.listen(), b.listen()
			if c.at != nil {
				b.pass(time.Microsecond)
			} else {
				c.event(b)
			}
			hint := job.Hint{ContentType: "audio", WorkerID: c.named}
			b.woken(one, hint)
			b.woken(other, hint)
			b.take("a", c.worker, 0)
		})
	}
	try(t, s, "nobody need listen", job.Policy{}, func(t *testing.T, b *bench) {
		hints := b.store.Wake(t.Context())
		types := map[string]bool{}
		for i := range 300 {
			s := spec(numbered("j", i))
			s.ContentType = numbered("kind", i%100)
			types[s.ContentType] = true
			b.create(s)
		}
		// Who listens at last hears of every type, and so does who comes late.
		for name, hints := range map[string]<-chan job.Hint{"slow": hints, "late": b.store.Wake(t.Context())} {
			late, missing := time.After(timeout), maps.Clone(types)
			for len(missing) > 0 {
				select {
				case h := <-hints:
					delete(missing, h.ContentType)
				case <-late:
					t.Fatalf("the %s reader got no hint for %d types", name, len(missing))
				}
			}
		}
	})
	try(t, s, "who leaves is told no more", job.Policy{}, func(t *testing.T, b *bench) {
		ctx, leave := context.WithCancel(t.Context())
		left, stayed := b.store.Wake(ctx), b.store.Wake(t.Context())
		leave()
		ended(t, left)
		b.create(spec("a"))
		b.woken(stayed, job.Hint{ContentType: "audio"})
	})
}

// timeout is how long the suite waits for what must come.
const timeout = 20 * time.Second

// listen reads hints, those that are under way left out: they are read until one comes
// that was told after them.
func (b *bench) listen() <-chan job.Hint {
	b.t.Helper()
	hints := b.store.Wake(b.t.Context())
	b.marks++
	s := spec(numbered("mark", b.marks))
	s.ContentType = s.ID
	b.create(s)
	b.woken(hints, job.Hint{ContentType: s.ID})
	return hints
}

// woken waits for a hint.
func (b *bench) woken(hints <-chan job.Hint, want job.Hint) {
	b.t.Helper()
	late := time.After(timeout)
	for {
		select {
		case got, open := <-hints:
			if !open {
				b.t.Fatal("Wake is closed")
			}
			if got == want {
				return
			}
		case <-late:
			b.t.Fatalf("no hint %+v", want)
		}
	}
}
