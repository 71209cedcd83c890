package dispatch

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/fleet"
	"morag/internal/job"
)

// two starts two services over the same stores.
func two(t *testing.T, p job.Policy) (a, b *harness) {
	t.Helper()
	st := newStreet(t, p)
	return st.open(t, Config{Server: "a"}), st.open(t, Config{Server: "b"})
}

func TestTwoServersPollAtOneReportAtTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := two(t, job.Policy{})
		for i := range 3 {
			a.create(t, fmt.Sprint("task-", i))
		}
		jobs, err := a.Poll(t.Context(), Poll{WorkerID: "w", Types: []string{"audio"}, Max: 3, Lease: time.Minute})
		if err != nil || len(jobs) != 3 {
			t.Fatalf("poll: %d jobs, %v; want 3", len(jobs), err)
		}
		half := 0.5
		if _, _, err := b.Heartbeat(t.Context(), jobs[1].ID, job.Beat{WorkerID: "w", Attempt: 1, Progress: &half, Message: "half"}); err != nil {
			t.Fatal(err)
		}
		for _, j := range jobs {
			if now := a.get(t, j.ID); now.ConfirmedAt.IsZero() {
				t.Errorf("job %s is not confirmed by what the other server heard", j.ID)
			}
		}
		if now := a.get(t, jobs[1].ID); now.Progress != half || now.ProgressMessage != "half" {
			t.Errorf("progress %v %q at the other server", now.Progress, now.ProgressMessage)
		}
		for range 5 { // leases live by what either hears
			time.Sleep(50 * time.Second)
			for i, h := range []*harness{a, b, a} {
				if _, _, err := h.Heartbeat(t.Context(), jobs[i].ID, job.Beat{WorkerID: "w"}); err != nil {
					t.Fatal(err)
				}
			}
		}
		b.succeed(t, jobs[0])
		if now := a.get(t, jobs[0].ID); now.Status != job.Completed {
			t.Errorf("the job is %s at the other server", now.Status)
		}
		if w := b.worker(t, "w"); w.Done != 1 || !slices.Equal(w.Types, []string{"audio"}) || len(w.InHand) != 2 {
			t.Errorf("the other server lists %+v", w)
		}
		if !b.available(t, time.Second) {
			t.Error("a worker that polled at one server is not there for the other")
		}
	})
}

func TestTwoServersDrainAtOneStopsPollsAtTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := two(t, job.Policy{})
		waiting := make(chan []*job.Job, 1)
		go func() { waiting <- b.poll(t, "w", time.Minute) }()
		time.Sleep(fleet.SightingEvery) // then the other server knows it
		synctest.Wait()
		if err := a.Drain(t.Context(), "w"); err != nil {
			t.Fatal(err)
		}
		j := a.create(t, "task")
		synctest.Wait()
		if jobs := b.poll(t, "w", 0); len(jobs) != 0 || len(waiting) != 0 {
			t.Error("a drained worker got a job at the other server")
		}
		if w := b.worker(t, "w"); !w.Drained {
			t.Error("the other server does not list it as drained")
		}
		start := time.Now()
		if err := a.Resume(t.Context(), "w"); err != nil {
			t.Fatal(err)
		}
		if jobs := <-waiting; len(jobs) != 1 || jobs[0].ID != j.ID || time.Since(start) != 0 {
			t.Errorf("resumed at the one, the poll at the other got %v after %s", jobs, time.Since(start))
		}
	})
}

func TestTwoServersShareTheOwnersOfIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := two(t, job.Policy{})
		poll := func(h *harness, key, id string) error {
			_, err := h.Poll(t.Context(), Poll{Key: key, WorkerID: id, Types: []string{"audio"}})
			return err
		}
		if err := poll(a, "one", "w"); err != nil {
			t.Fatal(err)
		}
		if err := poll(b, "two", "w"); !errors.Is(err, ErrWorkerTaken) {
			t.Errorf("another key at the other server: %v, want ErrWorkerTaken", err)
		}
		a.revoke("one")
		for round := range 20 { // of those that want a free id at the same time, one gets it
			id := fmt.Sprint("w", round%2)
			if round == 0 {
				id = "w"
			}
			var wins []string
			var mu sync.Mutex
			var racing sync.WaitGroup
			for i, h := range []*harness{a, b, a, b} {
				key := fmt.Sprintf("key-%d-%d", round, i)
				racing.Go(func() {
					err := poll(h, key, id)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						wins = append(wins, key)
					} else if !errors.Is(err, ErrWorkerTaken) {
						t.Errorf("poll: %v", err)
					}
				})
			}
			racing.Wait()
			if len(wins) != 1 || a.worker(t, id).Key != wins[0] {
				t.Fatalf("id %s was given to %v and belongs to %s", id, wins, a.worker(t, id).Key)
			}
			a.revoke(wins...)
		}
	})
}

func TestTwoServersCountFailuresTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := two(t, job.Policy{})
		for i := range 5 {
			h, other := a, b
			if i%2 == 1 {
				h, other = b, a
			}
			h.create(t, fmt.Sprint("task-", i))
			other.fail(t, h.take(t, "bad"), Result{})
		}
		a.create(t, "another")
		for name, h := range map[string]*harness{"a": a, "b": b} {
			if jobs := h.poll(t, "bad", 0); len(jobs) != 0 {
				t.Errorf("server %s gave a job to a worker that is set aside", name)
			}
			if h.available(t, time.Hour) {
				t.Errorf("server %s counts a worker that is set aside as there", name)
			}
		}
		time.Sleep(5*time.Minute + time.Second)
		b.take(t, "bad")
	})
}

func TestTwoServersReassignAtOneWakesThePollAtTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := two(t, job.Policy{})
		j := a.create(t, "task")
		a.take(t, "w1")
		got := make(chan string, 10)
		for _, worker := range []string{"w3", "w4", "w5", "w2"} { // it is the last in line
			go func() {
				if len(b.poll(t, worker, time.Minute)) == 1 {
					got <- worker
				}
			}()
			synctest.Wait()
		}
		if _, err := a.Reassign(t.Context(), j.ID, "w2"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		select {
		case worker := <-got:
			if worker != "w2" {
				t.Errorf("%s got the job, want w2", worker)
			}
		default:
			t.Error("the poll at the other server was not woken")
		}
	})
}

func TestTwoServersServeEachOthersBursts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := two(t, job.Policy{})
		var mu sync.Mutex
		seen := map[string]int{} // guarded by mu
		var polling sync.WaitGroup
		for i := range 8 {
			h := []*harness{a, b}[i%2]
			polling.Go(func() {
				for {
					jobs := h.poll(t, fmt.Sprint("w", i), time.Second)
					if len(jobs) == 0 {
						return
					}
					mu.Lock()
					seen[jobs[0].ID]++
					mu.Unlock()
				}
			})
		}
		synctest.Wait()
		for i := range 200 {
			a.create(t, fmt.Sprint("task-", i))
		}
		polling.Wait()
		for id, n := range seen {
			if n != 1 {
				t.Errorf("job %s was handed out %d times", id, n)
			}
		}
		if len(seen) != 200 {
			t.Errorf("%d jobs were handed out, want 200", len(seen))
		}
	})
}

func TestTwoServersAreUpWithoutAGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		a, b := two(t, job.Policy{})
		since := func(h *harness) time.Time {
			at, err := h.UpSince(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		time.Sleep(time.Hour)
		a.stop()
		time.Sleep(time.Hour)
		if at := since(b); !at.Equal(begun) {
			t.Errorf("up since %s, want %s: one server was there all the time", at, begun)
		}
		a = a.street.open(t, Config{Server: "a"})
		if at := since(a); !at.Equal(begun) {
			t.Errorf("after another start up since %s, want %s", at, begun)
		}
		a.stop()
		b.stop()
		time.Sleep(fleet.BeatEvery / 2)
		again := time.Now()
		b = b.street.open(t, Config{Server: "b"})
		time.Sleep(time.Minute)
		if at := since(b); !at.Equal(again) {
			t.Errorf("up since %s, want %s: nobody was there before", at, again)
		}
	})
}
