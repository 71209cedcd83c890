package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/job"
	"morag/internal/task"
	"morag/internal/task/memstore"
)

// fullTasks is a store that has no room for new tasks while full is set.
type fullTasks struct {
	task.Store
	full atomic.Bool
}

func (f *fullTasks) Create(ctx context.Context, t *task.Task) error {
	if f.full.Load() {
		return task.ErrNoSpace
	}
	return f.Store.Create(ctx, t)
}

// adopt brings a job to its end that a client has made itself, and names its task.
func (h *harness) adopt() (id string) {
	h.t.Helper()
	_, err := h.jobs.Create(h.t.Context(), job.Spec{ID: "own", IngestionTaskID: "named", SourceFilePath: "/x", ContentType: "audio"})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.jobs.complete(h.t.Context(), "own", ownText); err != nil {
		h.t.Fatal(err)
	}
	return "named"
}

const ownText = "words of a job that a client made"

// breakDown lets the embedder fail so many times more.
func (f *fakeEmbedder) breakDown(times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = times
}

func TestAdoptionWaitsForRoom(t *testing.T) {
	tasks := &fullTasks{}
	inBubble(t, func(c *setup) { tasks.Store = c.Tasks; c.Tasks = tasks }, func(t *testing.T, h *harness) {
		synctest.Wait()
		tasks.full.Store(true)
		id := h.adopt()
		if _, err := h.tasks.Get(t.Context(), id); !errors.Is(err, task.ErrNotFound) {
			t.Fatalf("the task: %v, want that there was no room for it", err)
		}
		tasks.full.Store(false)
		time.Sleep(2 * time.Minute) // the bubble's clock
		if _, _, err := h.remote.TellEnds(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		if got := h.whenIdle(id); got.Status != task.Success {
			t.Errorf("the task is %s (%s), want SUCCESS", got.Status, got.Error)
		}
	})
}

// awayBlobs are blobs that cannot be had as files as often as failures says.
type awayBlobs struct {
	*fakeBlobs
	err      error
	failures atomic.Int64
}

func (a *awayBlobs) File(ctx context.Context, ref string) (string, func(), error) {
	if a.failures.Add(-1) >= 0 {
		return "", nil, fmt.Errorf("open blob: %w", a.err)
	}
	return a.fakeBlobs.File(ctx, ref)
}

// TestTheSourceMayBeAwayForAWhile: a local conversion waits for a store of files that is out of
// reach, or has no room for a copy.
func TestTheSourceMayBeAwayForAWhile(t *testing.T) {
	for name, why := range map[string]error{"out of reach": blob.ErrUnavailable, "no room": blob.ErrNoSpace} {
		t.Run(name, func(t *testing.T) {
			away := &awayBlobs{err: why}
			away.failures.Store(3)
			inBubble(t, func(c *setup) { away.fakeBlobs = c.Blobs.(*fakeBlobs); c.Blobs = away }, func(t *testing.T, h *harness) {
				created := h.submit("sound", task.Options{})
				time.Sleep(time.Hour) // the bubble's clock
				if got := h.whenIdle(created.ID); got.Status != task.Success {
					t.Errorf("the task is %s: %s", got.Status, got.Error)
				}
				if away.failures.Load() >= 0 {
					t.Error("it was not met")
				}
			})
		})
	}
}

func TestRetryUsesTheRemoteResult(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.embedder.breakDown(1000)
		id := h.adopt()
		time.Sleep(48 * time.Hour) // the bubble's clock
		if got := h.whenIdle(id); got.Status != task.Failure {
			t.Fatalf("the task is %s, want that it gave up", got.Status)
		}
		h.embedder.breakDown(0)
		if _, err := h.Retry(t.Context(), auth.Everything(), id); err != nil {
			t.Fatal(err)
		}
		if r := h.result(h.whenIdle(id)); r.ProcessingMethod != "remote" || r.ContentLength != len(ownText) {
			t.Errorf("retried with %+v, want the text of the remote job", r)
		}
	})
}

func TestTasksOutliveAClockSetBack(t *testing.T) {
	var back atomic.Int64
	now := func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
	tasks := &fullTasks{}
	inBubble(t, func(c *setup) {
		tasks.Store = memstore.New(now)
		c.Now, c.Tasks = now, tasks
	}, func(t *testing.T, h *harness) {
		h.embedder.breakDown(1) // the task waits out a backoff
		created := h.submit("sound", task.Options{})
		if got := h.whenIdle(created.ID); got.Phase != task.Queued || got.Failures == 0 {
			t.Fatalf("the task is %s after %d failures", got.Phase, got.Failures)
		}
		back.Store(int64(24 * time.Hour))
		time.Sleep(2 * time.Minute) // the bubble's clock
		if got := h.whenIdle(created.ID); got.Status != task.Success {
			t.Errorf("the task is %s %s until %s, now it is %s", got.Status, got.Phase, got.RunAt, now())
		}
	})
}

func TestFallbackOutlivesAClockSetBack(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		created := h.submit("sound", task.Options{Remote: true})
		waiting := h.whenIdle(created.ID)
		h.jobs.offer(false)
		h.jobs.mu.Lock()
		j := h.jobs.jobs[waiting.Remote.JobID]
		j.History[0].At = j.History[0].At.Add(24 * time.Hour)
		h.jobs.mu.Unlock()
		time.Sleep(7 * time.Minute) // the bubble's clock
		if r := h.result(h.whenIdle(created.ID)); r.ProcessingMethod == "remote" {
			t.Errorf("result %+v", r)
		}
	})
}
