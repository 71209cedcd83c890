package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/ingest"
	"morag/internal/task"
)

// following is a stream of a task that the test moves.
type following struct {
	*httptest.ResponseRecorder
	mu      sync.Mutex // of what follows and of the recorder: it is read while the stream goes on
	now     ingest.View
	err     error
	streams *streams
	changed chan struct{}
	leave   context.CancelFunc
	over    chan error
	stopped chan struct{} // closed when the stream has let go of its task
}

func follow(t *testing.T, method string, now ingest.View, err error) *following {
	f := &following{
		ResponseRecorder: httptest.NewRecorder(), now: now, err: err, streams: newStreams(4, time.Now, slog.New(slog.DiscardHandler)),
		changed: make(chan struct{}, 1), over: make(chan error, 1), stopped: make(chan struct{}),
	}
	var ctx context.Context
	ctx, f.leave = context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, method, "/", nil)
	go func() {
		f.over <- f.streams.serve(f, r, &taskTeller{look: f.look, changed: f.changed}, func() { close(f.stopped) })
	}()
	return f
}

func (f *following) look(context.Context) (ingest.View, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now, f.err
}

// becomes changes the task, and tells of it.
func (f *following) becomes(now ingest.View, err error) {
	f.mu.Lock()
	f.now, f.err = now, err
	f.mu.Unlock()
	f.changed <- struct{}{}
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
	return eventNames(f.Body.String())
}

// eventNames are the names of the events of a stream, and their ids.
func eventNames(text string) string {
	var all []string
	for line := range strings.Lines(text) {
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
		f := follow(t, "GET", view(3, task.Running, 0.4), nil)
		synctest.Wait()
		if got := f.names(); got != "status 3" {
			t.Fatalf("at first: %s", got)
		}
		f.changed <- struct{}{} // for nothing
		synctest.Wait()
		f.becomes(view(3, task.Running, 0.5), nil)
		synctest.Wait()
		if got := f.names(); got != "status 3, status 3" {
			t.Fatalf("after progress: %s", got)
		}
		time.Sleep(31 * time.Second) // the bubble's clock
		synctest.Wait()
		if got := f.names(); got != "status 3, status 3, comment, comment" {
			t.Fatalf("after half a minute: %s", got)
		}
		f.becomes(view(4, task.Ended, 1), nil)
		if err := <-f.over; err != nil {
			t.Error(err)
		}
		if got := f.names(); got != "status 3, status 3, comment, comment, status 4, end 4" {
			t.Errorf("in the end: %s", got)
		}
		<-f.stopped
	})
}

// Who comes when all is over is told so at once, and who asks for the headers only, them.
func TestEventsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, "GET", view(4, task.Ended, 1), nil)
		if err := <-f.over; err != nil || f.names() != "status 4, end 4" {
			t.Errorf("of an ended task: %s, %v", f.names(), err)
		}
		f = follow(t, "HEAD", view(3, task.Running, 0), nil)
		if err := <-f.over; err != nil || f.names() != "" || f.Header().Get("Content-Type") != eventMedia {
			t.Errorf("HEAD: %s, %v, %v", f.names(), f.Header(), err)
		}
		<-f.stopped
	})
}

func TestEventsEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*following){
		"the caller leaves":         func(f *following) { f.leave() },
		"no change can come":        func(f *following) { close(f.changed) },
		"the server ends its calls": func(f *following) { f.streams.stop(context.Background()) },
	} {
		synctest.Test(t, func(t *testing.T) {
			f := follow(t, "GET", view(1, task.Queued, 0), nil)
			synctest.Wait()
			end(f)
			<-f.over
			if f.names() != "status 1" {
				t.Errorf("%s: %s", name, f.names())
			}
			<-f.stopped
			f.leave()
		})
	}
}

// Before anything is sent an error is the answer; after that the stream just ends.
func TestEventsOfWhatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nothing := follow(t, "GET", ingest.View{}, task.ErrNotFound)
		if err := <-nothing.over; !errors.Is(err, task.ErrNotFound) {
			t.Errorf("of no task: %v", err)
		}
		<-nothing.stopped
		f := follow(t, "GET", view(1, task.Queued, 0), nil)
		synctest.Wait()
		f.becomes(ingest.View{}, task.ErrNotFound)
		if err := <-f.over; err != nil || f.names() != "status 1" {
			t.Errorf("of one that goes: %s, %v", f.names(), err)
		}
	})
}

// One key has no more streams than it leaves free, and a stream that ends makes room.
func TestStreamsOfOneKey(t *testing.T) {
	t.Parallel()
	s := newStreams(4, time.Now, slog.New(slog.DiscardHandler))
	var free []func()
	for range 2 {
		f, err := s.place("alice")
		if err != nil {
			t.Fatal(err)
		}
		free = append(free, f)
	}
	_, err := s.place("alice")
	var p *Problem
	if !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable || p.RetryAfter == 0 {
		t.Errorf("a third of four places for one key: %v", err)
	}
	if _, err := s.place("bob"); err != nil {
		t.Errorf("another key: %v", err)
	}
	free[0]()
	if _, err := s.place("alice"); err != nil {
		t.Errorf("after one of its own has ended: %v", err)
	}
}
