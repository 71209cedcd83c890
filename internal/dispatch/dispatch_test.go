package dispatch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/job"
)

func TestWaitingPollGetsTheJobAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		start := time.Now()
		got := make(chan []*job.Job, 1)
		go func() { got <- h.poll(t, "w", 30*time.Second) }()
		synctest.Wait()
		j := h.create(t, "task")
		jobs := <-got
		if len(jobs) != 1 || jobs[0].ID != j.ID {
			t.Fatalf("poll got %v, want job %s", jobs, j.ID)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the waiting poll got its job after %s of the clock, want at once", waited)
		}
	})
}

func TestPollAnswersEmptyWhenItsWaitIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		start := time.Now()
		if jobs := h.poll(t, "w", 7*time.Second); len(jobs) != 0 {
			t.Fatalf("poll got %v, want nothing", jobs)
		}
		if waited := time.Since(start); waited != 7*time.Second {
			t.Errorf("waited %s, want 7s", waited)
		}
	})
}

func TestOldestWaiterIsServedFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		order := make(chan string, 3)
		for i := range 3 {
			worker := fmt.Sprintf("w%d", i)
			go func() {
				if len(h.poll(t, worker, 50*time.Second)) == 1 {
					order <- worker
				}
			}()
			synctest.Wait()
		}
		for i := range 3 {
			h.create(t, fmt.Sprintf("task-%d", i))
			synctest.Wait()
			if got, want := <-order, fmt.Sprintf("w%d", i); got != want {
				t.Errorf("job %d went to %s, want %s", i, got, want)
			}
		}
	})
}

func TestBurstIsHandedOutOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		var mu sync.Mutex
		seen := map[string]int{}
		var pollers sync.WaitGroup
		for i := range 16 {
			pollers.Go(func() {
				for {
					jobs := h.poll(t, fmt.Sprintf("w%d", i), time.Second)
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
		for i := range 500 {
			h.create(t, fmt.Sprintf("task-%d", i))
		}
		pollers.Wait()
		if len(seen) != 500 {
			t.Errorf("%d jobs were handed out, want 500", len(seen))
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("job %s was handed out %d times", id, n)
			}
		}
	})
}

func TestPollOfAClientThatLeftClaimsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = h.Poll(ctx, Poll{WorkerID: "gone", Types: []string{"audio"}, Wait: time.Minute})
		}()
		synctest.Wait()
		leave()
		<-done
		j := h.create(t, "task")
		synctest.Wait()
		if now, _ := h.Get(t.Context(), j.ID); now.Status != job.Pending || now.Attempt != 0 {
			t.Errorf("job is %s, attempt %d; want pending and never claimed", now.Status, now.Attempt)
		}
	})
}

func TestUndeliveredJobIsBackAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		h.create(t, "task")
		jobs := h.poll(t, "w", 0)
		ctx, leave := context.WithCancel(t.Context())
		leave() // as a request's context ends with its connection
		h.Undelivered(ctx, jobs)
		again := h.poll(t, "other", 0)
		if len(again) != 1 || again[0].Attempt != 2 || again[0].RetryCount != 0 {
			t.Fatalf("got %+v, want the job's second attempt, uncounted", again)
		}
	})
}

func TestUnconfirmedClaimReturnsAndGoesToTheNextWaiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		h.create(t, "task")
		h.poll(t, "silent", 0)
		start := time.Now()
		for {
			if jobs := h.poll(t, "next", time.Minute); len(jobs) == 1 {
				break
			}
		}
		if waited := time.Since(start); waited < 120*time.Second || waited > 122*time.Second {
			t.Errorf("the job was back after %s, want the confirmation time of 120s and at most 1s more", waited)
		}
	})
}

func TestDeadWorkersJobIsClaimableWithinItsLeaseAndASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{BackoffBase: time.Millisecond})
		h.create(t, "task")
		jobs := h.poll(t, "dead", 0)
		if _, _, err := h.Heartbeat(t.Context(), jobs[0].ID, job.Beat{WorkerID: "dead", Attempt: 1}); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for {
			if jobs := h.poll(t, "next", time.Minute); len(jobs) == 1 {
				break
			}
		}
		if waited := time.Since(start); waited < time.Minute || waited > time.Minute+1100*time.Millisecond {
			t.Errorf("claimable after %s, want the lease of 60s and at most 1s more", waited)
		}
	})
}

func TestSignOfLifeConfirmsTheWholeAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		for i := range 3 {
			h.create(t, fmt.Sprintf("task-%d", i))
		}
		jobs, err := h.Poll(t.Context(), Poll{WorkerID: "w", Types: []string{"audio"}, Max: 3})
		if err != nil || len(jobs) != 3 {
			t.Fatalf("poll: %d jobs, %v; want 3", len(jobs), err)
		}
		if _, _, err := h.Heartbeat(t.Context(), jobs[1].ID, job.Beat{WorkerID: "w"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute) // the bubble's clock
		synctest.Wait()
		for _, j := range jobs {
			if now, _ := h.Get(t.Context(), j.ID); now.Status != job.Processing {
				t.Errorf("job %s is %s, want processing: one heartbeat confirms them all", j.ID, now.Status)
			}
		}
	})
}

func TestCancelReachesTheLastHolder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		j := h.create(t, "task")
		h.poll(t, "w", 0)
		if _, err := h.Cancel(t.Context(), j.ID, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Cancel(t.Context(), j.ID, ""); err != nil {
			t.Errorf("cancelled again: %v, want no error", err)
		}
		_, cancel, err := h.Heartbeat(t.Context(), j.ID, job.Beat{WorkerID: "w", Attempt: 1})
		if err != nil || !cancel {
			t.Errorf("last holder's heartbeat: cancel %v, %v; want true, nil", cancel, err)
		}
		if _, _, err := h.Heartbeat(t.Context(), j.ID, job.Beat{WorkerID: "other"}); !errors.Is(err, job.ErrLeaseLost) {
			t.Errorf("another's heartbeat: %v, want ErrLeaseLost", err)
		}
		if ended := <-h.ended; ended.Status != job.Cancelled {
			t.Errorf("told of a job that is %s, want cancelled", ended.Status)
		}
	})
}

func TestResultIsTakenOnceAndRepeatedSafely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		j := h.create(t, "task")
		h.poll(t, "w", 0)
		good := Result{WorkerID: "w", Attempt: 1, Digest: "d1", Success: true, Data: []byte(`{"content":"hello"}`)}
		for range 2 {
			status, continued, err := h.Result(t.Context(), j.ID, good)
			if err != nil || status != job.Completed || !continued {
				t.Fatalf("result: %s, %v, %v; want completed, true, nil", status, continued, err)
			}
		}
		other := good
		other.Digest = "d2"
		if _, _, err := h.Result(t.Context(), j.ID, other); !errors.Is(err, job.ErrConflict) {
			t.Errorf("another result for the same attempt: %v, want ErrConflict", err)
		}
	})
}
