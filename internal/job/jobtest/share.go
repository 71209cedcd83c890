package jobtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"morag/internal/job"
)

// share is about two stores that are open at one place, as those of two servers are.
func share(t *testing.T, s Subject) {
	if s.Locked != nil {
		try(t, s, "a second one is refused", job.Policy{}, func(t *testing.T, b *bench) {
			b.create(spec("a"))
			if _, err := b.place.Open(b.policy); !errors.Is(err, s.Locked) {
				t.Fatalf("a second Open: %v, want %v", err, s.Locked)
			}
			b.take("a", "w1", 0)
		})
		return
	}
	pair := func(name string, run func(t *testing.T, one, two *bench)) {
		try(t, s, name, job.Policy{}, func(t *testing.T, b *bench) {
			other := &bench{t: t, place: b.place, policy: b.policy, store: b.another()}
			t.Cleanup(other.close)
			run(t, b, other)
		})
	}
	pair("claimed at one, heard and finished at the other", func(t *testing.T, one, two *bench) {
		one.create(spec("a"))
		two.take("a", "w1", time.Minute)
		half := 0.5
		one.alive("a", job.Beat{WorkerID: "w1", Attempt: 1, Progress: &half, Message: "half way"})
		if j := two.get("a"); j.Progress != half || j.ProgressMessage != "half way" || j.ConfirmedAt.IsZero() {
			t.Fatalf("the other store shows %s", encode(t, j))
		}
		one.pass(50 * time.Second)
		one.alive("a", job.Beat{WorkerID: "w1"})
		one.pass(50 * time.Second)
		two.dueIs()
		one.update("a", success(1, "text"))
		two.wantStatus("a", job.Completed)
		two.wantResult("a", string(success(1, "text").Result))
		two.refuse("a", success(1, "text"), job.ErrRepeated)
	})
	pair("one heartbeat at the other confirms the whole claim", func(t *testing.T, one, two *bench) {
		for i := range 3 {
			one.create(spec(numbered("j", i)))
		}
		one.claim("w1", time.Minute, 3)
		two.alive("j-0001", job.Beat{WorkerID: "w1"})
		for i := range 3 {
			if j := one.get(numbered("j", i)); j.ConfirmedAt.IsZero() {
				t.Errorf("job %s is not confirmed", j.ID)
			}
		}
	})
	pair("the other's waiting are woken", func(t *testing.T, one, two *bench) {
		hints := two.listen()
		one.create(spec("a"))
		two.woken(hints, job.Hint{ContentType: "audio"})
		two.take("a", "w1", 0)
		one.update("a", job.Change{Event: job.Reassign, Assignee: "w2"})
		two.woken(hints, job.Hint{ContentType: "audio", WorkerID: "w2"})
		two.take("a", "w2", 0)
	})
	pair("each job is handed out once", func(t *testing.T, one, two *bench) {
		const jobs = 300
		for i := range jobs {
			one.create(spec(numbered("j", i)))
		}
		var mu sync.Mutex
		seen := map[string]int{} // guarded by mu
		var claiming sync.WaitGroup
		for c := range 8 {
			store := []job.Store{one.store, two.store}[c%2]
			claiming.Go(func() {
				for {
					got, err := store.Claim(context.Background(), job.Claimant{WorkerID: fmt.Sprint("w", c)}, []string{"audio"}, 2)
					if err != nil {
						t.Errorf("Claim: %v", err)
					}
					if len(got) == 0 {
						return
					}
					mu.Lock()
					for _, j := range got {
						seen[j.ID]++
					}
					mu.Unlock()
				}
			})
		}
		claiming.Wait()
		for id, n := range seen {
			if n != 1 {
				t.Errorf("job %s was handed out %d times", id, n)
			}
		}
		if len(seen) != jobs {
			t.Errorf("%d jobs were handed out, want %d", len(seen), jobs)
		}
		two.recount()
	})
	pair("one that opens or closes renews nothing and ends nothing", func(t *testing.T, one, two *bench) {
		one.create(spec("a"))
		one.take("a", "w1", time.Minute)
		one.alive("a", job.Beat{WorkerID: "w1"})
		one.pass(50 * time.Second)
		hints := one.listen()
		two.close()
		two.open()
		one.pass(10 * time.Second)
		lost := job.Due{ID: "a", Event: job.LoseLease}
		one.dueIs(lost)
		two.dueIs(lost)
		two.close()
		one.create(spec("b"))
		one.woken(hints, job.Hint{ContentType: "audio"})
	})
}
