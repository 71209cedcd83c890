package jobtest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

var sentinels = []error{job.ErrConflict, job.ErrLeaseLost, job.ErrNotYours, job.ErrRepeated}

// table sends every event to a job in every status and compares the store's answer
// with what the table itself does to a copy.
func table(t *testing.T, s Subject) {
	for _, status := range job.Statuses() {
		for _, event := range job.Events() {
			try(t, s, string(status)+"/"+string(event), job.Policy{}, func(t *testing.T, b *bench) {
				b.bring("a", status)
				b.applyBoth("a", change(event))
			})
		}
	}
}

// bring makes a job of that status, by the ways a user has. Each goes before those
// brought earlier.
func (b *bench) bring(id string, status job.Status) *job.Job {
	b.t.Helper()
	b.brought++
	s := spec(id)
	s.Priority = b.brought
	b.create(s)
	switch status {
	case job.Pending:
	case job.Cancelled:
		b.update(id, job.Change{Event: job.Cancel})
	case job.Timeout:
		b.pass(time.Hour)
		b.update(id, job.Change{Event: job.Expire})
	default:
		b.take(id, "w1", time.Minute)
		switch status {
		case job.Completed:
			b.update(id, success(1, "first"))
		case job.Failed:
			b.update(id, job.Change{Event: job.Fail, Attempt: 1, Digest: "bad", Message: "no speech", Final: true})
		}
	}
	return b.wantStatus(id, status)
}

// change is a plausible change of every event.
func change(e job.Event) job.Change {
	c := job.Change{Event: e}
	switch e {
	case job.Claim:
		c.WorkerID, c.Lease = "w1", time.Minute
	case job.Confirm, job.Unconfirmed, job.Release, job.Abandon:
		c.WorkerID, c.Attempt = "w1", 1
	case job.Succeed:
		c = success(1, "second")
	case job.Fail:
		c.Attempt, c.Digest, c.Message = 1, "worse", "engine crashed"
	case job.Reassign:
		c.Assignee = "w2"
	}
	return c
}

func success(attempt int, content string) job.Change {
	result, err := json.Marshal(job.Result{Content: content, Metadata: json.RawMessage(`{"language":"en"}`)})
	if err != nil {
		panic(err)
	}
	return job.Change{Event: job.Succeed, Attempt: attempt, Digest: "sha of " + content, Result: result}
}

// applyBoth sends a change to the store and to a copy by Policy.Apply; both must
// end in the same job or the same sentinel.
func (b *bench) applyBoth(id string, c job.Change) {
	b.t.Helper()
	want, before := b.get(id), b.encoded(id)
	c.Now = b.place.Now()
	wantErr := b.policy.Apply(want, c)
	want.ResultData = nil

	got, err := b.store.Update(context.Background(), id, c)
	if wantErr == nil && err != nil {
		b.t.Fatalf("Update with %s: %v", c.Event, err)
	}
	for _, sentinel := range sentinels {
		if errors.Is(err, sentinel) != errors.Is(wantErr, sentinel) {
			b.t.Fatalf("Update with %s: error %v, want %v", c.Event, err, wantErr)
		}
	}
	if got == nil {
		b.t.Fatalf("Update with %s: no job beside error %v", c.Event, err)
	}
	if diff := cmp.Diff(encode(b.t, want), encode(b.t, got)); diff != "" {
		b.t.Fatalf("Update with %s returned another job than the table (-table +store):\n%s", c.Event, diff)
	}
	if diff := cmp.Diff(encode(b.t, want), encode(b.t, b.get(id))); diff != "" {
		b.t.Fatalf("after %s the store holds another job than the table (-table +store):\n%s", c.Event, diff)
	}
	if wantErr != nil && before != b.encoded(id) {
		b.t.Fatalf("refused %s changed the job", c.Event)
	}
}
