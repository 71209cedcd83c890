package jobtest

import (
	"context"
	"errors"
	"testing"

	"morag/internal/job"
)

func create(t *testing.T, s Subject) {
	try(t, s, "a new job is what the policy makes", job.Policy{}, func(t *testing.T, b *bench) {
		got := b.create(spec("a"))
		if want := b.policy.New(spec("a"), b.place.Now()); encode(t, got) != encode(t, want) {
			t.Fatalf("Create returned %s, want %s", encode(t, got), encode(t, want))
		}
		if encode(t, got) != encode(t, b.get("a")) {
			t.Fatal("Get returns another job than Create")
		}
	})
	try(t, s, "an id is taken once", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		before := b.encoded("a")
		if _, err := b.store.Create(context.Background(), spec("a")); !errors.Is(err, job.ErrExists) {
			t.Fatalf("second Create: %v, want ErrExists", err)
		}
		if before != b.encoded("a") {
			t.Fatal("a refused Create changed the job")
		}
	})
	try(t, s, "an answer is a copy", job.Policy{}, func(t *testing.T, b *bench) {
		j := b.create(spec("a"))
		before := b.encoded("a")
		j.Status, j.History[0].Reason, j.TaskOptions[0] = job.Failed, "spoiled", 'x'
		j = b.get("a")
		j.Status, j.History[0].Reason, j.TaskOptions[0] = job.Failed, "spoiled", 'x'
		if before != b.encoded("a") {
			t.Fatal("changing a returned job changed the stored one")
		}
	})
	try(t, s, "what is not there is not found", job.Policy{}, func(t *testing.T, b *bench) {
		ctx := context.Background()
		_, get := b.store.Get(ctx, "a")
		_, result := b.store.Result(ctx, "a")
		_, update := b.store.Update(ctx, "a", job.Change{Event: job.Cancel})
		_, alive := b.store.Alive(ctx, "a", job.Beat{})
		remove := b.store.Delete(ctx, "a")
		for call, err := range map[string]error{"Get": get, "Result": result, "Update": update, "Alive": alive, "Delete": remove} {
			if !errors.Is(err, job.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", call, err)
			}
		}
	})
}
