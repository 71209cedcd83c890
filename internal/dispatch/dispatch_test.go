package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"morag/internal/job"
	"morag/internal/job/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a running service over a store in memory, with one source file.
type house struct {
	*Service
	source string
	ended  chan *job.Job
}

// open must be called inside a synctest bubble.
func open(t *testing.T, p job.Policy) *house {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "talk.mp3")
	if err := os.WriteFile(source, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := memstore.New(p, nil)
	h := &house{source: source, ended: make(chan *job.Job, 100)}
	s, err := New(t.Context(), Config{
		Store: store, Sources: &Sources{Dirs: []string{dir}}, Policy: p, Logger: slog.New(slog.DiscardHandler),
		Ended: func(_ context.Context, j *job.Job) bool { h.ended <- j; return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Service = s
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		store.Close()
	})
	return h
}

func (h *house) create(t *testing.T, task string) *job.Job {
	t.Helper()
	j, err := h.Create(t.Context(), job.Spec{SourceFilePath: h.source, ContentType: "audio", IngestionTaskID: task})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (h *house) poll(t *testing.T, worker string, wait time.Duration) []*job.Job {
	t.Helper()
	jobs, err := h.Poll(t.Context(), Poll{WorkerID: worker, Types: []string{"audio"}, Max: 1, Wait: wait, Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

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
				t.Errorf("job %s is %s, want processing: one sign of life confirms them all", j.ID, now.Status)
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

func TestWorkerThatKeepsFailingIsSetAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		for i := range failuresInRow {
			h.create(t, fmt.Sprintf("task-%d", i))
			jobs := h.poll(t, "bad", 0)
			_, _, err := h.Result(t.Context(), jobs[0].ID, Result{WorkerID: "bad", Attempt: 1, Digest: fmt.Sprint(i), Message: "boom"})
			if err != nil {
				t.Fatal(err)
			}
		}
		h.create(t, "another")
		start := time.Now()
		if jobs := h.poll(t, "bad", 0); len(jobs) != 0 {
			t.Fatalf("a worker that failed %d times in a row got %v", failuresInRow, jobs)
		}
		if h.Available("audio", time.Hour) {
			t.Error("a worker that is set aside counts as available")
		}
		if jobs := h.poll(t, "good", 0); len(jobs) != 1 {
			t.Error("another worker got nothing")
		}
		time.Sleep(setAsideFirst - time.Since(start) + time.Second) // the bubble's clock
		if jobs := h.poll(t, "bad", 0); len(jobs) == 0 {
			t.Error("after its time the worker still gets nothing")
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

func TestSourceThatChangedFailsTheJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		j := h.create(t, "task")
		h.poll(t, "w", 0)
		if err := os.WriteFile(h.source, []byte("other sound"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Source(t.Context(), j.ID, Holder{Attempt: 1}); !errors.Is(err, ErrSourceGone) {
			t.Fatalf("download: %v, want ErrSourceGone", err)
		}
		if now, _ := h.Get(t.Context(), j.ID); now.Status != job.Failed {
			t.Errorf("job is %s, want failed", now.Status)
		}
	})
}

func TestSourcesConfine(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	inside, outside := filepath.Join(base, "in"), filepath.Join(base, "out")
	for _, dir := range []string{inside, outside} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		filepath.Join(inside, "good"): filepath.Join(inside, "f"), filepath.Join(inside, "evil"): filepath.Join(outside, "f"),
	} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	s := &Sources{Dirs: []string{inside}}
	for _, c := range []struct {
		path string
		want error
	}{
		{filepath.Join(inside, "f"), nil},
		{filepath.Join(inside, "good"), nil},
		{filepath.Join(inside, "evil"), ErrSourceOutside},
		{filepath.Join(inside, "..", "out", "f"), ErrSourceOutside},
		{filepath.Join(outside, "f"), ErrSourceOutside},
		{filepath.Join(outside, "missing"), ErrSourceOutside},
		{filepath.Join(inside, "missing"), ErrSourceMissing},
		{inside, ErrSourceOutside},
		{"in/f", ErrSourceOutside},
		{"/dev/zero", ErrSourceOutside},
	} {
		info, err := s.Stat(t.Context(), c.path)
		if !errors.Is(err, c.want) || c.want == nil && info.Size != 1 {
			t.Errorf("Stat(%s) = %+v, %v; want %v", c.path, info, err, c.want)
		}
	}
}

type savedDrains struct{ ids []string }

func (d *savedDrains) Load() ([]string, error) { return d.ids, nil }
func (d *savedDrains) Save(ids []string) error { d.ids = ids; return nil }

func TestDrainedWorkerGetsNothingEvenAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, kept := open(t, job.Policy{}), &savedDrains{}
		h.drains = kept
		h.poll(t, "w", 0)
		if err := h.Drain("w"); err != nil {
			t.Fatal(err)
		}
		if err := h.Drain("nobody"); !errors.Is(err, ErrNoWorker) {
			t.Errorf("drain of a stranger: %v, want ErrNoWorker", err)
		}
		h.create(t, "task")
		if jobs := h.poll(t, "w", 0); len(jobs) != 0 {
			t.Errorf("a drained worker got %v", jobs)
		}
		again, err := New(t.Context(), Config{Store: h.store, Sources: h.sources, Drains: kept, Logger: h.log})
		if err != nil {
			t.Fatal(err)
		}
		if again.workers.mayWork("w") {
			t.Error("after a restart the drained worker may work")
		}
		got := make(chan []*job.Job, 1)
		go func() { got <- h.poll(t, "w", time.Minute) }()
		synctest.Wait()
		if err := h.Resume("w"); err != nil {
			t.Fatal(err)
		}
		if jobs := <-got; len(jobs) != 1 {
			t.Errorf("a resumed worker's waiting poll got %v, want the job", jobs)
		}
	})
}

func TestWorkerIDsAndJobsGoWithTheirKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		var mu sync.Mutex
		gone := map[string]bool{}
		h.workers.goodKey = func(key string) bool {
			mu.Lock()
			defer mu.Unlock()
			return !gone[key]
		}
		revoke := func(key string) {
			mu.Lock()
			gone[key] = true
			mu.Unlock()
			if err := h.Disown(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		j := h.create(t, "task-1")
		poll := Poll{Key: "a", WorkerID: "w", Types: []string{j.ContentType}, Lease: time.Minute}
		if jobs, err := h.Poll(t.Context(), poll); err != nil || len(jobs) != 1 || jobs[0].ClaimedBy != "a" {
			t.Fatalf("claimed %v, %v", jobs, err)
		}
		other := poll
		other.Key = "b"
		if _, err := h.Poll(t.Context(), other); !errors.Is(err, ErrWorkerTaken) {
			t.Fatalf("another key polls in its name: %v", err)
		}
		if _, err := h.Release(t.Context(), j.ID, Holder{Key: "b", WorkerID: "w"}); !errors.Is(err, ErrWorkerTaken) {
			t.Fatalf("another key releases in its name: %v", err)
		}
		if _, err := h.Release(t.Context(), j.ID, Holder{Key: "b"}); !errors.Is(err, job.ErrWrongKey) {
			t.Fatalf("another key releases: %v", err)
		}
		if !h.Polls("a", j.ContentType) || h.Polls("b", j.ContentType) {
			t.Fatal("the wrong key polls for the type")
		}
		revoke("c") // somebody else
		if now, _ := h.Get(t.Context(), j.ID); now.Status != job.Processing {
			t.Fatalf("the job is %s although its key is good", now.Status)
		}
		revoke("a")
		now, err := h.Get(t.Context(), j.ID)
		if err != nil || now.Status != job.Pending || now.RetryCount != 0 {
			t.Fatalf("after the key was revoked the job is %s, counted %d times, %v", now.Status, now.RetryCount, err)
		}
		revoke("a") // told twice
		if _, err := h.Poll(t.Context(), other); err != nil {
			t.Fatalf("the id is not free: %v", err)
		}
	})
}
