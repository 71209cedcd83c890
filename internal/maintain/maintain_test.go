package maintain

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"morag/internal/dispatch"
	"morag/internal/job"
	"morag/internal/job/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// files plays the part of ingestion.
type files struct {
	needed map[string]bool // jobs, by id
	swept  atomic.Int32
	err    error
}

func (f *files) keeps(context.Context, []*job.Job) (map[string]bool, error) { return f.needed, nil }

func (f *files) SweepFiles(context.Context, time.Duration) (int, error) {
	f.swept.Add(1)
	return 2, f.err
}

// house is a service over jobs in memory.
type house struct {
	*Service
	*files
	t      *testing.T
	source string
}

// open must be called inside a synctest bubble.
func open(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{files: &files{needed: map[string]bool{}}, t: t, source: filepath.Join(dir, "talk.mp3")}
	if err := os.WriteFile(h.source, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := memstore.New(job.Policy{}, nil)
	t.Cleanup(func() { store.Close() })
	jobs, err := dispatch.New(t.Context(), dispatch.Config{
		Store: store, Sources: &dispatch.Sources{Dirs: []string{dir}}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Service = New(Config{Dispatch: jobs, Needed: h.files.keeps, Files: h.files, Retention: 7 * 24 * time.Hour, Every: time.Hour, Logger: slog.New(slog.DiscardHandler)})
	return h
}

// cancelled makes a job that is over.
func (h *house) cancelled(id string) {
	h.t.Helper()
	h.pending(id, 0)
	if _, err := h.Dispatch.Cancel(h.t.Context(), id, ""); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) pending(id string, timeout time.Duration) {
	h.t.Helper()
	_, err := h.Dispatch.Create(h.t.Context(), job.Spec{ID: id, SourceFilePath: h.source, ContentType: "audio", IngestionTaskID: id, Timeout: timeout})
	if err != nil {
		h.t.Fatal(err)
	}
}

// has tells whether a job is there still.
func (h *house) has(id string) bool {
	h.t.Helper()
	_, err := h.Dispatch.Get(h.t.Context(), id)
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
		if want := (Done{Jobs: dispatch.Cleaned{Expired: 1, Removed: 1}, Files: 2}); done != want {
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

func TestCleanTellsWhatFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.err = errors.New("the disk is on strike")
		h.cancelled("old")
		time.Sleep(time.Second)
		done, err := h.Clean(t.Context(), 0)
		if !errors.Is(err, h.err) || done.Jobs.Removed != 1 {
			t.Errorf("%+v, %v", done, err)
		}
	})
}

func TestRunCleansAtStartAndRegularly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		h.err = errors.New("does not stop it")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			h.Run(ctx)
		}()
		synctest.Wait()
		if n := h.swept.Load(); n != 1 {
			t.Errorf("%d clean-ups at the start", n)
		}
		time.Sleep(3*time.Hour + time.Minute)
		if n := h.swept.Load(); n != 4 {
			t.Errorf("%d clean-ups after three hours, want 4", n)
		}
		stop()
		<-ended
	})
}
