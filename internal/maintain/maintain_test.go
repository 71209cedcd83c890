package maintain_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"morag/internal/dispatch"
	"morag/internal/fleet"
	fleetmem "morag/internal/fleet/memstore"
	"morag/internal/job"
	"morag/internal/job/memstore"
	"morag/internal/maintain"
	leases "morag/internal/maintain/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tasks plays the part of the tasks and of the files that they know. It is safe for
// concurrent use.
type tasks struct {
	needed map[string]bool // jobs, by id

	mu    sync.Mutex
	swept int
	rest  int      // how many sweeps more there are than one
	told  []string // the cursors of the pages that ends were told of
	pages int      // how many are there still
	kept  int      // pages of tasks that keep secrets
	ages  []time.Duration
	err   error
	block func() // called with every page of ends
}

func (f *tasks) Needed(context.Context, []*job.Job) (map[string]bool, error) { return f.needed, nil }

func (f *tasks) Sweep(context.Context, time.Duration) (int, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.swept++
	f.rest--
	return 2, f.rest >= 0, f.err
}

func (f *tasks) TellEnds(_ context.Context, cursor string) (next string, more bool, err error) {
	if f.block != nil {
		f.block()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = append(f.told, cursor)
	if f.err != nil || f.pages == 0 {
		return cursor, false, f.err
	}
	f.pages--
	return cursor + "+", true, nil
}

func (f *tasks) ForgetSecrets(_ context.Context, age time.Duration) (int, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ages = append(f.ages, age)
	f.kept--
	return 1, f.kept > 0, f.err
}

func (f *tasks) sweeps() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.swept
}

func (f *tasks) cursors() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.told...)
}

// harness is a service over jobs in memory.
type harness struct {
	*maintain.Service
	*tasks
	t      *testing.T
	jobs   *dispatch.Service
	leases *leases.Store
	source string
}

// open must be called inside a synctest bubble.
func open(t *testing.T) *harness {
	t.Helper()
	dir := t.TempDir()
	h := &harness{tasks: &tasks{needed: map[string]bool{}}, t: t, leases: leases.New(time.Now), source: filepath.Join(dir, "talk.mp3")}
	if err := os.WriteFile(h.source, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := memstore.New(job.Policy{}, nil)
	t.Cleanup(func() { store.Close() })
	var err error
	h.jobs, err = dispatch.New(t.Context(), dispatch.Config{
		Store: store, Fleet: fleetmem.New(fleet.Limits{}, nil), Sources: &dispatch.Sources{Dirs: []string{dir}}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Service = h.server("one")
	return h
}

// server is a service over what the harness has.
func (h *harness) server(name string) *maintain.Service {
	return maintain.New(maintain.Config{
		Leases: h.leases, Holder: name, Jobs: h.jobs, Tasks: h.tasks, Secrets: h.tasks, Files: h.tasks,
		Retention: 7 * 24 * time.Hour, Logger: slog.New(slog.DiscardHandler),
	})
}

// run runs a service until stop, which waits for its end.
func (h *harness) run(s *maintain.Service) (stop func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	return func() { cancel(); <-ended }
}

// cancelled makes a job that is over.
func (h *harness) cancelled(id string) {
	h.t.Helper()
	h.pending(id, 0)
	if _, err := h.jobs.Cancel(h.t.Context(), id, ""); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) pending(id string, timeout time.Duration) {
	h.t.Helper()
	_, err := h.jobs.Create(h.t.Context(), job.Spec{ID: id, SourceFilePath: h.source, ContentType: "audio", IngestionTaskID: id, Timeout: timeout})
	if err != nil {
		h.t.Fatal(err)
	}
}

// has tells whether a job is there still.
func (h *harness) has(id string) bool {
	h.t.Helper()
	_, err := h.jobs.Get(h.t.Context(), id)
	if err != nil && !errors.Is(err, job.ErrNotFound) {
		h.t.Fatal(err)
	}
	return err == nil
}

func TestCleanRemovesWhatIsOldOverAndNotNeeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.cancelled("old")
		h.cancelled("needed")
		h.needed["needed"] = true
		h.pending("waiting", 7*24*time.Hour)
		h.pending("late", time.Hour)
		time.Sleep(2 * time.Hour)
		h.cancelled("young")

		done, err := h.Clean(t.Context(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if want := (maintain.Done{Expired: 1, Removed: 1, Files: 2}); done != want {
			t.Errorf("%+v, want %+v", done, want)
		}
		for id, want := range map[string]bool{"old": false, "needed": true, "waiting": true, "late": true, "young": true} {
			if h.has(id) != want {
				t.Errorf("job %s is there: %v, want %v", id, !want, want)
			}
		}
		if _, err := os.Stat(h.source); err != nil {
			t.Errorf("a file of the operator's: %v", err)
		}
	})
}

func TestCleanGoesThroughAllPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		for i := range 1200 {
			h.cancelled(fmt.Sprint(i))
		}
		h.needed["7"] = true
		time.Sleep(time.Second)
		if done, err := h.Clean(t.Context(), -1); err != nil || done.Removed != 0 {
			t.Errorf("within the retention: %+v (%v)", done, err)
		}
		if done, err := h.Clean(t.Context(), 0); err != nil || done.Removed != 1199 {
			t.Errorf("%+v (%v), want all but the one that is needed", done, err)
		}
	})
}

// slowJobs take a while for every page.
type slowJobs struct {
	maintain.Jobs
	took time.Duration
}

func (s *slowJobs) CleanPage(ctx context.Context, age time.Duration, cursor string, keep dispatch.Keeper) (int, string, error) {
	time.Sleep(s.took) // the bubble's clock
	return s.Jobs.CleanPage(ctx, age, cursor, keep)
}

// Files that one sweep does not get through are gone on with: by the next call, which is asked
// for, and by the duty at once.
func TestASweepInParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.tasks.rest = 1
		s := maintain.New(maintain.Config{Leases: h.leases, Holder: "one", Jobs: h.jobs, Tasks: h.tasks, Files: h.tasks, Secrets: h.tasks})
		for _, more := range []bool{true, false} {
			if done, err := s.Clean(t.Context(), 0); err != nil || done.Files != 2 || done.More != more {
				t.Errorf("%+v (%v), want more: %v", done, err, more)
			}
		}
		h.tasks.rest = 2
		before := h.sweeps()
		ctx, stop := context.WithCancel(t.Context())
		go s.Run(ctx)
		synctest.Wait()
		stop()
		synctest.Wait()
		if n := h.sweeps() - before; n != 3 {
			t.Errorf("the duty swept %d times at its time, want 3", n)
		}
	})
}

// A call that would take too long tells what it has done, and the next one goes on.
func TestCleanAnswersInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		for i := range 1700 {
			h.cancelled(fmt.Sprint(i))
		}
		s := maintain.New(maintain.Config{Leases: h.leases, Holder: "one", Jobs: &slowJobs{h.jobs, 2 * time.Second}, Tasks: h.tasks, Files: h.tasks})
		begun := time.Now()
		done, err := s.Clean(t.Context(), 0)
		if err != nil || !done.More || done.Removed != 1000 || h.sweeps() != 0 {
			t.Errorf("%+v (%v), want two pages and that there are more", done, err)
		}
		if took := time.Since(begun); took != 4*time.Second {
			t.Errorf("it took %s", took)
		}
		if done, err = s.Clean(t.Context(), 0); err != nil || done.More || done.Removed != 700 || h.sweeps() != 1 {
			t.Errorf("%+v (%v), want the rest", done, err)
		}
	})
}

func TestCleanTellsWhatFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.err = errors.New("the disk is on strike")
		h.cancelled("old")
		time.Sleep(time.Second)
		done, err := h.Clean(t.Context(), 0)
		if !errors.Is(err, h.err) || done.Removed != 1 {
			t.Errorf("%+v, %v", done, err)
		}
	})
}

func TestRunCleansAtStartAndRegularly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.err = errors.New("does not stop it")
		h.cancelled("old")
		defer h.run(h.Service)()
		synctest.Wait()
		if n := h.sweeps(); n != 1 {
			t.Errorf("%d clean-ups at the start", n)
		}
		time.Sleep(3*time.Hour + time.Minute)
		if n := h.sweeps(); n != 4 {
			t.Errorf("%d clean-ups after three hours, want 4", n)
		}
		if !h.has("old") {
			t.Error("a job was removed within the retention")
		}
		time.Sleep(7 * 24 * time.Hour)
		if h.has("old") {
			t.Error("a job is there after the retention")
		}
	})
}

// Of two servers one does what is due; when that has gone, the other does.
func TestOneOfTwoServersMaintains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		stopOne := h.run(h.Service)
		defer h.run(h.server("two"))()
		time.Sleep(2*time.Hour + time.Minute)
		if n := h.sweeps(); n != 3 {
			t.Errorf("%d clean-ups by two servers in two hours, want 3", n)
		}
		stopOne()
		time.Sleep(2 * time.Hour)
		if n := h.sweeps(); n != 5 {
			t.Errorf("%d clean-ups when one has gone, want 5", n)
		}
	})
}

// A server that starts again does not do what is not due yet.
func TestRestartIsNoReasonToCleanUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		for range 3 {
			stop := h.run(h.server("one"))
			time.Sleep(time.Minute)
			stop()
		}
		if n := h.sweeps(); n != 1 {
			t.Errorf("%d clean-ups in three starts, want 1", n)
		}
	})
}

func TestEndsAreToldPageByPageAndGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.pages = 2
		defer h.run(h.Service)()
		synctest.Wait()
		time.Sleep(16 * time.Second) // once more than at the start
		if got, want := h.cursors(), []string{"", "+", "++", "++"}; !slices.Equal(got, want) {
			t.Errorf("pages at %q, want %q", got, want)
		}
	})
}

// A holder whose lease went to another stops with the page that it is at.
func TestDutyStopsWhenItsLeaseIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.pages = 5
		h.block = func() {
			time.Sleep(2 * time.Minute) // longer than a lease
			if _, ok, err := h.leases.Take(t.Context(), "unheard ends", "two", time.Hour); err != nil || !ok {
				t.Errorf("take the lease that has ended: %v, %v", ok, err)
			}
			h.block = nil
		}
		defer h.run(h.Service)()
		time.Sleep(30 * time.Minute)
		if got := h.cursors(); len(got) != 1 {
			t.Errorf("pages at %q, want that it stopped after the first", got)
		}
	})
}
