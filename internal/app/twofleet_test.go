package app_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/wire"
)

// A poll that waits at one server gets the job that comes in at the other.
func TestTwoServersWakeEachOthersPolls(t *testing.T) {
	t.Parallel()
	s := startTwo(t, nil)
	got := make(chan wire.Job, 1)
	go func() {
		found, err := s.a.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}, MaxJobs: 1, Wait: 50 * time.Second})
		if err != nil {
			t.Error(err)
		}
		got <- found.Job
	}()
	eventually(t, "the other server knows the worker", func() bool { return known(t, s, "w") })
	begun := time.Now()
	remotely(t, s.b, "sound")
	if job := <-got; job.JobID == nil || time.Since(begun) > 20*time.Second {
		t.Errorf("the poll got %v after %s", job.JobID, time.Since(begun))
	}
}

// known tells whether the second server knows the worker.
func known(t *testing.T, s *two, worker string) bool {
	t.Helper()
	workers, err := s.b.Workers(t.Context(), client.List{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workers.Workers {
		if w.WorkerID == worker {
			return true
		}
	}
	return false
}

func TestTwoServersDrainAWorkerTogether(t *testing.T) {
	t.Parallel()
	s := startTwo(t, nil)
	as(t, s.b, "w", 0)
	eventually(t, "the other server knows the worker", func() bool { return s.a.DrainWorker(t.Context(), "w") == nil })
	remotely(t, s.b, "sound")
	eventually(t, "another worker could have the job", func() bool {
		page, err := s.b.Jobs(t.Context(), client.JobFilter{Status: "pending"})
		return err == nil && len(page.Jobs) == 1
	})
	for _, at := range []string{"a", "b"} {
		server := s.a
		if at == "b" {
			server = s.b
		}
		if job := as(t, server, "w", 0); job.JobID != nil {
			t.Errorf("the drained worker got a job at %s", at)
		}
	}
	if err := s.b.ResumeWorker(t.Context(), "w"); err != nil {
		t.Fatal(err)
	}
	claimed(t, s.a, "w")
}

// While a worker is at work for one server, the other does not take it for gone.
func TestTwoServersFallBackOnlyWithoutAnyWorker(t *testing.T) {
	t.Parallel()
	s := startTwo(t, func(set *config.Server) { set.RemoteFallbackTimeout = config.Seconds(2 * time.Second) })
	busy := remotely(t, s.a, "one")
	job := claimed(t, s.a, "w")
	created := remotely(t, s.b, "two")
	stop := time.Now().Add(5 * time.Second)
	eventually(t, "five seconds pass", func() bool {
		beat(t, s.a, "w", job, 0.5)
		return time.Now().After(stop)
	})
	if got := status(t, s.b, created.TaskID); got.Stage != "waiting_for_remote_completion" {
		t.Errorf("with a busy worker the task is %s in %s (%v)", got.Status, got.Stage, got.Warnings)
	}
	if _, err := s.b.ReleaseJob(t.Context(), *job.JobID, wire.JobChange{WorkerID: "w", Attempt: *job.Attempt}); err != nil {
		t.Fatal(err)
	}
	// Nobody is there any more. No converter takes the type here, which is an end, too.
	for _, task := range []string{created.TaskID, busy.TaskID} {
		ended, err := s.a.WaitTask(t.Context(), task, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(ended.Warnings, " "), "no worker for selftest was seen") {
			t.Errorf("the task ended %s with warnings %q", ended.Status, ended.Warnings)
		}
	}
}

// A worker's id belongs, at both servers, to the key that used it first at one.
func TestTwoServersKnowWhoseAWorkerIs(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	s := startTwo(t, func(set *config.Server) {
		for _, name := range []string{"first", "second"} {
			keys[name] = apptest.CreateKey(t, *set, auth.Spec{Name: name, Role: auth.Worker})
		}
	})
	poll := func(at *apptest.Server, key string) error {
		t.Helper()
		c, err := client.New(client.Config{BaseURL: at.URL, APIKey: keys[key], UserAgent: "apptest"})
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseIdle()
		_, err = c.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}, MaxJobs: 1})
		return err
	}
	if err := poll(s.a, "first"); err != nil {
		t.Fatal(err)
	}
	var refused *client.APIError
	if err := poll(s.b, "second"); !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Errorf("another key at the other server: %v, want 403", err)
	}
	if err := poll(s.b, "first"); err != nil {
		t.Errorf("the same key at the other server: %v", err)
	}
}
