package jobtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"morag/internal/job"
)

// together is about jobs that one claim has handed out: one heartbeat confirms them all.
func together(t *testing.T, s Subject) {
	three := func(b *bench) []*job.Job {
		for i := range 3 {
			b.create(spec(numbered("j", i)))
			b.pass(time.Second)
		}
		return b.claim("w1", time.Minute, 3)
	}
	try(t, s, "the jobs of one claim share an id that no other has", job.Policy{}, func(t *testing.T, b *bench) {
		jobs := three(b)
		b.create(spec("alone"))
		ids := map[string]int{}
		for _, j := range append(jobs, b.take("alone", "w1", 0)) {
			ids[j.ClaimID]++
			if b.get(j.ID).ClaimID != j.ClaimID {
				t.Errorf("Get returns another claim id than Claim for %s", j.ID)
			}
		}
		if len(ids) != 2 || ids[""] != 0 || ids[jobs[0].ClaimID] != 3 {
			t.Fatalf("claim ids are %v, want one of three jobs and one of one", ids)
		}
	})
	result := success(1, "text")
	for name, c := range map[string]struct {
		event    func(b *bench) error
		confirms bool
	}{
		"a heartbeat": {func(b *bench) error {
			_, err := b.store.Alive(context.Background(), "j-0001", job.Beat{WorkerID: "w1", Attempt: 1})
			return err
		}, true},
		"a result": {func(b *bench) error { b.update("j-0001", result); return nil }, true},
		"an error result": {func(b *bench) error {
			b.update("j-0001", job.Change{Event: job.Fail, Attempt: 1, Digest: "bad"})
			return nil
		}, true},
		"a confirmation":    {func(b *bench) error { b.update("j-0001", job.Change{Event: job.Confirm, Attempt: 1}); return nil }, true},
		"a release":         {func(b *bench) error { b.update("j-0001", job.Change{Event: job.Release}); return nil }, false},
		"a cancel":          {func(b *bench) error { b.update("j-0001", job.Change{Event: job.Cancel}); return nil }, false},
		"an answer unheard": {func(b *bench) error { b.update("j-0001", job.Change{Event: job.Unconfirmed, Attempt: 1}); return nil }, false},
		"a stranger": {func(b *bench) error {
			if _, err := b.store.Alive(context.Background(), "j-0001", job.Beat{WorkerID: "w2"}); !errors.Is(err, job.ErrLeaseLost) {
				return err
			}
			return nil
		}, false},
	} {
		try(t, s, name, job.Policy{}, func(t *testing.T, b *bench) {
			three(b)
			if err := c.event(b); err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"j-0000", "j-0002"} {
				if got := b.get(id); got.ConfirmedAt.IsZero() == c.confirms {
					t.Errorf("job %s is confirmed at %s, want it confirmed: %v", id, got.ConfirmedAt, c.confirms)
				}
			}
			if s.Durable {
				b.reopen()
				for _, id := range []string{"j-0000", "j-0002"} {
					if got := b.get(id); got.ConfirmedAt.IsZero() == c.confirms {
						t.Errorf("after reopening job %s is confirmed at %s", id, got.ConfirmedAt)
					}
				}
			}
		})
	}
	try(t, s, "what was confirmed together is silent by its lease", job.Policy{}, func(t *testing.T, b *bench) {
		three(b)
		b.alive("j-0000", job.Beat{WorkerID: "w1"})
		b.dueIs()
		b.pass(50 * time.Second)
		b.alive("j-0000", job.Beat{WorkerID: "w1"}) // renews its own lease alone
		b.pass(10 * time.Second)
		_, wait, err := b.store.Due(context.Background(), 9)
		if err != nil || wait != 50*time.Second {
			t.Fatalf("the renewed lease ends in %s, %v; want 50s", wait, err)
		}
		for _, id := range []string{"j-0001", "j-0002"} {
			b.update(id, job.Change{Event: job.LoseLease})
		}
	})
	try(t, s, "a job that was claimed anew is not confirmed by its old claim", job.Policy{}, func(t *testing.T, b *bench) {
		three(b)
		b.update("j-0002", job.Change{Event: job.Unconfirmed, Attempt: 1})
		b.take("j-0002", "w2", time.Minute)
		b.alive("j-0000", job.Beat{WorkerID: "w1"})
		if got := b.get("j-0001"); got.ConfirmedAt.IsZero() {
			t.Error("a job of the same claim is not confirmed")
		}
		if got := b.get("j-0002"); !got.ConfirmedAt.IsZero() {
			t.Errorf("the job of another claim is confirmed at %s", got.ConfirmedAt)
		}
	})
	if !s.Durable {
		return
	}
	try(t, s, "also after reopening", job.Policy{}, func(t *testing.T, b *bench) {
		three(b)
		b.reopen()
		b.alive("j-0002", job.Beat{WorkerID: "w1"})
		for _, id := range []string{"j-0000", "j-0001"} {
			if b.get(id).ConfirmedAt.IsZero() {
				t.Errorf("job %s is not confirmed", id)
			}
		}
	})
}
