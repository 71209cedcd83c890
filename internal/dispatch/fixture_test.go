package dispatch

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/fleet"
	fleetmem "morag/internal/fleet/memstore"
	"morag/internal/job"
	"morag/internal/job/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// street is where services stand that share one job store and one fleet store, with one
// source file. It must be made inside a synctest bubble.
type street struct {
	jobs   *memstore.Place
	fleet  *fleetmem.Store
	policy job.Policy
	dir    string
	source string

	mu   sync.Mutex
	gone map[string]bool // keys that may not work any more; guarded by mu
}

func newStreet(t *testing.T, p job.Policy) *street {
	t.Helper()
	dir := t.TempDir()
	st := &street{
		jobs: memstore.NewPlace(p, nil), fleet: fleetmem.New(fleet.Limits{}, nil), policy: p,
		dir: dir, source: filepath.Join(dir, "talk.mp3"), gone: map[string]bool{},
	}
	if err := os.WriteFile(st.source, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	return st
}

func (st *street) mayWork(key string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return !st.gone[key]
}

func (st *street) revoke(keys ...string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, key := range keys {
		st.gone[key] = true
	}
}

// harness is a running service.
type harness struct {
	*Service
	*street
	ended chan *job.Job
	stop  func() // and waits until it has ended
}

// open must be called inside a synctest bubble.
func open(t *testing.T, p job.Policy) *harness {
	t.Helper()
	return newStreet(t, p).open(t, Config{})
}

// open starts one more service in the street.
func (st *street) open(t *testing.T, c Config) *harness {
	t.Helper()
	store := st.jobs.Open()
	h := &harness{street: st, ended: make(chan *job.Job, 10_000)}
	c.Store, c.Fleet, c.Policy = store, st.fleet, st.policy
	if c.Sources == nil {
		c.Sources = &Sources{Dirs: []string{st.dir}}
	}
	c.MayWork = st.mayWork
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Ended = func(_ context.Context, j *job.Job) bool { h.ended <- j; return true }
	s, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	h.Service = s
	ctx, end := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	h.stop = sync.OnceFunc(func() {
		end()
		running.Wait()
		store.Close()
	})
	t.Cleanup(h.stop)
	return h
}

func (h *harness) create(t *testing.T, task string) *job.Job {
	t.Helper()
	j, err := h.Create(t.Context(), job.Spec{SourceFilePath: h.source, ContentType: "audio", IngestionTaskID: task})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (h *harness) poll(t *testing.T, worker string, wait time.Duration) []*job.Job {
	t.Helper()
	jobs, err := h.Poll(t.Context(), Poll{WorkerID: worker, Types: []string{"audio"}, Max: 1, Wait: wait, Lease: time.Minute})
	if err != nil {
		t.Error(err) // it may be asked from any goroutine
	}
	return jobs
}

// take polls for the one job that is to be had.
func (h *harness) take(t *testing.T, worker string) *job.Job {
	t.Helper()
	jobs := h.poll(t, worker, 0)
	if len(jobs) != 1 {
		t.Fatalf("%s got %d jobs, want one", worker, len(jobs))
	}
	return jobs[0]
}

func (h *harness) get(t *testing.T, id string) *job.Job {
	t.Helper()
	j, err := h.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// fail sends an error result for a job in work.
func (h *harness) fail(t *testing.T, j *job.Job, r Result) {
	t.Helper()
	r.WorkerID, r.Attempt, r.Digest, r.Message = j.WorkerID, j.Attempt, j.ID, "boom"
	if _, _, err := h.Result(t.Context(), j.ID, r); err != nil {
		t.Fatal(err)
	}
}

func (h *harness) succeed(t *testing.T, j *job.Job) {
	t.Helper()
	r := Result{WorkerID: j.WorkerID, Attempt: j.Attempt, Digest: j.ID, Success: true, Data: []byte(`{"content":"x"}`)}
	if _, _, err := h.Result(t.Context(), j.ID, r); err != nil {
		t.Fatal(err)
	}
}

func (h *harness) available(t *testing.T, within time.Duration) bool {
	t.Helper()
	there, err := h.Available(t.Context(), "audio", within)
	if err != nil {
		t.Fatal(err)
	}
	return there
}

func (h *harness) worker(t *testing.T, id string) Worker {
	t.Helper()
	w, err := h.Worker(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}
