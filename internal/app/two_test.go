package app_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"morag/internal/app"
	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/openapi/openapitest"
	"morag/internal/wire"
)

// two are two whole servers over one store, in one process: what one of them knows and
// the other does not shows here.
type two struct {
	a, b *apptest.Server
}

// startTwo runs them until the test ends.
func startTwo(t *testing.T, change func(*config.Server)) *two {
	t.Helper()
	set := apptest.Settings(t)
	if change != nil {
		change(&set)
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	servers, done, err := app.NewServersBeside(t.Context(), app.ServerConfig{
		Settings: set, Version: "test", Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Around: func(h http.Handler) http.Handler {
			return openapitest.Watch(h, func(err error) { t.Errorf("not as documented: %v", err) })
		},
	}, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	clients := make([]*apptest.Server, len(servers))
	for i, s := range servers {
		running.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Errorf("a server ended with %v", err)
			}
		})
		clients[i] = &apptest.Server{URL: s.URL(), Settings: set}
		if clients[i].Client, err = client.New(client.Config{BaseURL: s.URL(), UserAgent: "apptest"}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		stop()
		running.Wait()
		done()
		for _, c := range clients {
			c.CloseIdle()
		}
		if t.Failed() {
			t.Logf("the servers' log:\n%s", log)
		}
	})
	for _, c := range clients {
		eventually(t, "the server is ready", func() bool {
			state, err := c.Ready(t.Context())
			return err == nil && state.Status == "ready"
		})
	}
	return &two{a: clients[0], b: clients[1]}
}

// lines is a log in memory.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// as polls for a job as a worker.
func as(t *testing.T, s *apptest.Server, worker string, wait time.Duration) wire.Job {
	t.Helper()
	found, err := s.Poll(t.Context(), client.Poll{WorkerID: worker, ContentTypes: []string{"selftest"}, MaxJobs: 1, Wait: wait, Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return found.Job
}

// claimed is [as] for a job that must come.
func claimed(t *testing.T, s *apptest.Server, worker string) wire.Job {
	t.Helper()
	job := as(t, s, worker, 30*time.Second)
	if job.JobID == nil {
		t.Fatalf("worker %s got no job", worker)
	}
	return job
}

// beat sends a heartbeat and tells whether the worker is to stop.
func beat(t *testing.T, s *apptest.Server, worker string, job wire.Job, progress float64) bool {
	t.Helper()
	heard, err := s.Heartbeat(t.Context(), *job.JobID, wire.Heartbeat{WorkerID: worker, Attempt: *job.Attempt, Progress: &progress})
	if err != nil {
		t.Fatal(err)
	}
	return heard.Cancel
}

// status is that of a task.
func status(t *testing.T, s *apptest.Server, task string) wire.Task {
	t.Helper()
	got, err := s.Task(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
