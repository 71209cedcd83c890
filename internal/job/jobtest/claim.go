package jobtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"morag/internal/job"
)

func claim(t *testing.T, s Subject) {
	try(t, s, "16 claimers over 2000 jobs: each handed out once", job.Policy{}, claimedOnce)
	try(t, s, "highest priority first, then oldest", job.Policy{}, func(t *testing.T, b *bench) {
		for i, priority := range []int{0, 5, -1, 5, 0, 9} {
			s := spec(numbered("p", i))
			s.Priority = priority
			s.ContentType = []string{"audio", "video"}[i%2]
			b.create(s)
			b.pass(time.Second)
		}
		first := b.claimTypes("w1", 4, "video", "audio")
		rest := b.claimTypes("w1", 100, "audio", "video")
		want := []string{"p-0005", "p-0001", "p-0003", "p-0000", "p-0004", "p-0002"}
		if got := append(ids(first), ids(rest)...); !slices.Equal(got, want) {
			t.Fatalf("claimed %v, want %v", got, want)
		}
	})
	try(t, s, "a job that comes back keeps its place", job.Policy{}, func(t *testing.T, b *bench) {
		for i := range 3 {
			b.create(spec(numbered("j", i)))
			b.pass(time.Second)
		}
		b.take("j-0000", "w1", 0)
		b.update("j-0000", job.Change{Event: job.Release})
		b.take("j-0000", "w2", 0)
	})
	try(t, s, "only the types asked for", job.Policy{}, func(t *testing.T, b *bench) {
		for i, contentType := range []string{"audio", "image", "video"} {
			s := spec(numbered("t", i))
			s.ContentType = contentType
			b.create(s)
			b.pass(time.Second)
		}
		for _, types := range [][]string{nil, {}, {"web"}, {"aud"}, {""}} {
			if got := b.claimTypes("w1", 10, types...); len(got) != 0 {
				t.Fatalf("types %q gave %v", types, ids(got))
			}
		}
		if got := ids(b.claimTypes("w1", 10, "video", "audio", "web", "audio")); !slices.Equal(got, []string{"t-0000", "t-0002"}) {
			t.Fatalf("claimed %v, want t-0000 and t-0002", got)
		}
	})
	try(t, s, "no more than asked for, and none is no error", job.Policy{}, func(t *testing.T, b *bench) {
		for i := range 5 {
			b.create(spec(numbered("j", i)))
		}
		for _, c := range [][2]int{{0, 0}, {-1, 0}, {2, 2}, {100, 3}, {1, 0}} {
			if got := b.claim("w1", 0, c[0]); len(got) != c[1] {
				t.Fatalf("%d asked for, got %v", c[0], ids(got))
			}
		}
	})
	try(t, s, "a claim is the change that the table has", job.Policy{}, func(t *testing.T, b *bench) {
		want := b.create(spec("a"))
		b.pass(time.Minute)
		got := b.take("a", "w1", 90*time.Second)
		change := job.Change{Event: job.Claim, Now: b.place.Now(), WorkerID: "w1", ClaimID: got.ClaimID, Lease: 90 * time.Second}
		if err := b.policy.Apply(want, change); err != nil {
			t.Fatal(err)
		}
		if encode(t, got) != encode(t, want) {
			t.Fatalf("claimed %s, want %s", encode(t, got), encode(t, want))
		}
		if encode(t, b.get("a")) != encode(t, want) {
			t.Fatal("Get returns another job than Claim")
		}
	})
	try(t, s, "not before it is available, nor past its deadline", job.Policy{}, func(t *testing.T, b *bench) {
		j := b.failed("a")
		b.pass(j.AvailableAt.Sub(b.place.Now()) - time.Microsecond)
		b.none("w2")
		b.pass(time.Microsecond)
		b.take("a", "w2", 0)
		b.update("a", job.Change{Event: job.Cancel})

		b.create(spec("b"))
		b.pass(time.Hour)
		b.none("w1")
		b.update("b", job.Change{Event: job.Expire})
	})
	try(t, s, "what waits does not hide what is claimable", job.Policy{}, func(t *testing.T, b *bench) {
		const waiting = 20
		for i := range waiting {
			s := spec(numbered("waits", i))
			s.Priority = 9
			b.create(s)
		}
		for _, j := range b.claim("w1", 0, waiting) {
			b.update(j.ID, job.Change{Event: job.Fail, Attempt: 1, Digest: "bad"})
		}
		b.create(spec("ready"))
		b.take("ready", "w1", 0)
		b.pass(time.Minute)
		if got := b.claim("w1", 0, 100); len(got) != waiting {
			t.Fatalf("%d of %d came back", len(got), waiting)
		}
	})
	try(t, s, "a caller who has gone claims and changes nothing", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		before := b.encoded("a")
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		_, create := b.store.Create(gone, spec("b"))
		got, claim := b.store.Claim(gone, job.Claimant{WorkerID: "w1"}, []string{"audio"}, 1)
		_, update := b.store.Update(gone, "a", job.Change{Event: job.Cancel})
		for call, err := range map[string]error{"Create": create, "Claim": claim, "Update": update} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: error %v, want context.Canceled", call, err)
			}
		}
		if len(got) != 0 || before != b.encoded("a") {
			t.Error("a caller who had gone changed the job")
		}
		if _, err := b.store.Get(context.Background(), "b"); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("Get of what was not created: %v", err)
		}
	})
}

func claimedOnce(t *testing.T, b *bench) {
	const jobs, claimers = 2000, 16
	var creating sync.WaitGroup
	for c := range claimers {
		creating.Go(func() {
			for i := c; i < jobs; i += claimers {
				if _, err := b.store.Create(context.Background(), spec(numbered("j", i))); err != nil {
					t.Errorf("Create: %v", err)
				}
			}
		})
	}
	creating.Wait()

	var mu sync.Mutex
	holder := map[string]string{} // guarded by mu
	var claiming sync.WaitGroup
	for c := range claimers {
		claiming.Go(func() {
			me := job.Claimant{WorkerID: fmt.Sprint("w", c), Lease: time.Minute}
			for {
				got, err := b.store.Claim(context.Background(), me, []string{"audio"}, 1+c%3)
				if err != nil {
					t.Errorf("Claim: %v", err)
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				for _, j := range got {
					if other, twice := holder[j.ID]; twice {
						t.Errorf("job %s given to %s and to %s", j.ID, other, me.WorkerID)
					}
					if j.Attempt != 1 || j.WorkerID != me.WorkerID || j.Status != job.Processing {
						t.Errorf("job %s returned as %s of %s, attempt %d", j.ID, j.Status, j.WorkerID, j.Attempt)
					}
					holder[j.ID] = me.WorkerID
				}
				mu.Unlock()
			}
		})
	}
	claiming.Wait()
	if len(holder) != jobs {
		t.Fatalf("%d jobs handed out, want %d", len(holder), jobs)
	}
	for id, worker := range holder {
		if j := b.get(id); j.WorkerID != worker || j.Attempt != 1 {
			t.Fatalf("job %s is held by %q at attempt %d, was given to %s", id, j.WorkerID, j.Attempt, worker)
		}
	}
}
