package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/ingest"
	"morag/internal/stack"
	"morag/internal/task"
)

// following is a stream of a task that the test moves.
type following struct {
	*httptest.ResponseRecorder
	mu      sync.Mutex // of the recorder: it is read while the stream goes on
	now     ingest.View
	err     error
	changed chan struct{}
	leave   context.CancelFunc
	over    chan error
}

func follow(t *testing.T, now ingest.View) *following {
	f := &following{ResponseRecorder: httptest.NewRecorder(), now: now, changed: make(chan struct{}, 1), over: make(chan error, 1)}
	var ctx context.Context
	ctx, f.leave = context.WithCancel(t.Context())
	out := &events{w: f, control: http.NewResponseController(f), apart: stack.New(1)}
	go func() {
		f.over <- new(call).follow(ctx, out, f.changed, func() (ingest.View, error) { return f.now, f.err })
	}()
	return f
}

func (f *following) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ResponseRecorder.Write(p)
}

func (f *following) Flush() {}

// names are those of the events sent so far, and their ids.
func (f *following) names() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for line := range strings.Lines(f.Body.String()) {
		name, is := strings.CutPrefix(line, "event: ")
		id, isID := strings.CutPrefix(line, "id: ")
		switch {
		case is:
			all = append(all, strings.TrimSpace(name))
		case isID:
			all[len(all)-1] += " " + strings.TrimSpace(id)
		case line == ":\n":
			all = append(all, "comment")
		}
	}
	return strings.Join(all, ", ")
}

func view(revision int64, phase task.Phase, progress float64) ingest.View {
	return ingest.View{Task: &task.Task{ID: "x", Revision: revision, Phase: phase, Status: task.Progress}, Progress: progress}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, view(3, task.Running, 0.4))
		synctest.Wait()
		if got := f.names(); got != "status 3" {
			t.Fatalf("at first: %s", got)
		}
		f.changed <- struct{}{} // for nothing
		synctest.Wait()
		f.now = view(3, task.Running, 0.5)
		f.changed <- struct{}{}
		synctest.Wait()
		if got := f.names(); got != "status 3, status 3" {
			t.Fatalf("after progress: %s", got)
		}
		time.Sleep(31 * time.Second) // the bubble's clock
		synctest.Wait()
		if got := f.names(); got != "status 3, status 3, comment, comment" {
			t.Fatalf("after half a minute: %s", got)
		}
		f.now = view(4, task.Ended, 1)
		f.changed <- struct{}{}
		if err := <-f.over; err != nil {
			t.Error(err)
		}
		if got := f.names(); got != "status 3, status 3, comment, comment, status 4, end 4" {
			t.Errorf("in the end: %s", got)
		}
	})
}

// Who comes when all is over is told so at once.
func TestEventsOfAnEndedTask(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, view(4, task.Ended, 1))
		if err := <-f.over; err != nil || f.names() != "status 4, end 4" {
			t.Errorf("%s, %v", f.names(), err)
		}
	})
}

func TestEventsEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*following){
		"the caller leaves": func(f *following) { f.leave() },
		"the server stops":  func(f *following) { close(f.changed) },
	} {
		synctest.Test(t, func(t *testing.T) {
			f := follow(t, view(1, task.Queued, 0))
			synctest.Wait()
			end(f)
			<-f.over
			if f.names() != "status 1" {
				t.Errorf("%s: %s", name, f.names())
			}
			f.leave()
		})
	}
}

// Before anything is sent an error is the answer; after that the stream just ends.
func TestEventsOfWhatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nothing := new(call).follow(t.Context(), &events{w: httptest.NewRecorder(), apart: stack.New(1)}, nil, func() (ingest.View, error) { return ingest.View{}, task.ErrNotFound })
		if !errors.Is(nothing, task.ErrNotFound) {
			t.Errorf("of no task: %v", nothing)
		}
		f := follow(t, view(1, task.Queued, 0))
		synctest.Wait()
		f.err = task.ErrNotFound
		f.changed <- struct{}{}
		if err := <-f.over; err != nil || f.names() != "status 1" {
			t.Errorf("of one that goes: %s, %v", f.names(), err)
		}
		f.leave()
	})
}
