package remote

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"morag/internal/job"
	jobs "morag/internal/job/memstore"
	"morag/internal/task"
	tasks "morag/internal/task/memstore"
)

// clock stands still but for advance.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// plainJobs are the jobs of a store, told of like the dispatcher's: by ended, unless that
// is nil, as when a server dies in between.
type plainJobs struct {
	job.Store
	ended   func(context.Context, *job.Job) bool
	workers bool
	unknown error // of Available
	up      time.Time
	fail    error                     // of Create and Cancel
	before  func(ctx context.Context) // before a retry
	after   func(ctx context.Context) // after a creation
}

func (p *plainJobs) change(ctx context.Context, id string, c job.Change) (*job.Job, error) {
	j, err := p.Update(ctx, id, c)
	if err == nil && j.Status.Terminal() && p.ended != nil {
		p.ended(ctx, j)
	}
	return j, err
}

func (p *plainJobs) Create(ctx context.Context, s job.Spec) (*job.Job, error) {
	if p.fail != nil {
		return nil, p.fail
	}
	j, err := p.Store.Create(ctx, s)
	if p.after != nil {
		p.after(ctx)
	}
	return j, err
}

func (p *plainJobs) ResultData(ctx context.Context, id string) ([]byte, error) {
	return p.Result(ctx, id)
}

func (p *plainJobs) Cancel(ctx context.Context, id, reason string) (*job.Job, error) {
	if p.fail != nil {
		return nil, p.fail
	}
	j, err := p.change(ctx, id, job.Change{Event: job.Cancel, Message: reason})
	if errors.Is(err, job.ErrRepeated) {
		return j, nil
	}
	return j, err
}

func (p *plainJobs) Retry(ctx context.Context, id string) (*job.Job, error) {
	if p.before != nil {
		p.before(ctx)
	}
	return p.change(ctx, id, job.Change{Event: job.Retry})
}

func (p *plainJobs) Reassign(ctx context.Context, id, worker string) (*job.Job, error) {
	return p.change(ctx, id, job.Change{Event: job.Reassign, Assignee: worker})
}

func (p *plainJobs) Available(context.Context, string, time.Duration) (bool, error) {
	return p.workers, p.unknown
}

func (p *plainJobs) UpSince(context.Context) (time.Time, error) { return p.up, nil }

func (p *plainJobs) Estimate(string, int64) time.Duration { return time.Minute }

// harness is a service over stores in memory.
type harness struct {
	*Service
	*clock
	t     *testing.T
	tasks *tasks.Store
	jobs  *plainJobs
}

func open(t *testing.T) *harness {
	t.Helper()
	h := &harness{t: t, clock: &clock{at: begun}}
	h.tasks = tasks.New(h.clock.now)
	store := jobs.New(job.Policy{}, h.clock.now)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	h.jobs = &plainJobs{Store: store, workers: true, up: begun.Add(-time.Hour)}
	ends := NewEnds(Config{
		Tasks: h.tasks, Now: h.clock.now, Logger: slog.New(slog.DiscardHandler),
		Policy: Policy{Enabled: true, Types: []string{"audio"}, FallbackTimeout: testFallback},
	})
	h.jobs.ended = ends.Ended
	h.Service = New(ends, h.jobs)
	return h
}

// running is a task that has been claimed.
func (h *harness) running(id string, o task.Options) *task.Task {
	h.t.Helper()
	o.Remote = true
	created := &task.Task{
		ID: id, Owner: "o", Precedence: o.Priority, Phase: task.Queued, Status: task.Pending, Stage: task.Initializing, Options: o,
		Source: task.Source{Ref: "blob:x", Name: "talk.mp3", ContentType: "audio"}, DocumentID: "d",
	}
	if err := h.tasks.Create(h.t.Context(), created); err != nil {
		h.t.Fatal(err)
	}
	return h.claim(id)
}

func (h *harness) claim(id string) *task.Task {
	h.t.Helper()
	claimed, err := h.tasks.Claim(h.t.Context(), "r", time.Hour)
	if err != nil || claimed == nil || claimed.ID != id {
		h.t.Fatalf("claimed %+v (%v), want %s", claimed, err, id)
	}
	return claimed
}

// waits is a task that waits for its job.
func (h *harness) waits(id string, o task.Options) *task.Task {
	h.t.Helper()
	waiting, err := h.Ask(h.t.Context(), h.running(id, o))
	if err != nil || waiting.Phase != task.Waiting {
		h.t.Fatalf("%+v (%v), want that it waits", waiting, err)
	}
	return waiting
}

// failed is a task that has failed with its job.
func (h *harness) failed(id string) *task.Task {
	h.t.Helper()
	waiting := h.waits(id, task.Options{NoFallback: true})
	if _, err := h.jobs.Cancel(h.t.Context(), waiting.Remote.JobID, "no sound in it"); err != nil {
		h.t.Fatal(err)
	}
	claimed := h.claim(id)
	return h.update(id, func(t *task.Task, now time.Time) error {
		return t.Fail(claimed.Attempt, t.Remote.GaveUp, now)
	})
}

func (h *harness) update(id string, rule func(*task.Task, time.Time) error) *task.Task {
	h.t.Helper()
	changed, err := h.tasks.Update(h.t.Context(), id, rule)
	if err != nil {
		h.t.Fatal(err)
	}
	return changed
}

func revoke(t *task.Task, now time.Time) error { return t.Revoke(now) }

func (h *harness) get(id string) *task.Task {
	h.t.Helper()
	got, err := h.tasks.Get(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// status is that of a job, "" when it is not there.
func (h *harness) status(id string) job.Status {
	h.t.Helper()
	j, err := h.jobs.Get(h.t.Context(), id)
	if errors.Is(err, job.ErrNotFound) {
		return ""
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return j.Status
}

// own makes a job as a client does.
func (h *harness) own(id, taskID, options string) *job.Job {
	h.t.Helper()
	j, err := h.jobs.Create(h.t.Context(), job.Spec{
		ID: id, IngestionTaskID: taskID, ContentType: "audio", SourceFilePath: "/talks/a.mp3", SourceName: "a.mp3",
		TaskOptions: json.RawMessage(options), CreatedBy: "client",
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

// complete brings a job to its end.
func (h *harness) complete(id, text string) *job.Job {
	h.t.Helper()
	claimed, err := h.jobs.Claim(h.t.Context(), job.Claimant{WorkerID: "w"}, []string{"audio"}, 1)
	if err != nil || len(claimed) != 1 || claimed[0].ID != id {
		h.t.Fatalf("claimed %v (%v), want %s", claimed, err, id)
	}
	result, err := json.Marshal(job.Result{Content: text})
	if err != nil {
		h.t.Fatal(err)
	}
	j, err := h.jobs.change(h.t.Context(), id, job.Change{Event: job.Succeed, WorkerID: "w", Attempt: claimed[0].Attempt, Digest: "d", Result: result})
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}
