package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/wire"
)

// endless is a page of 1 MB over which the Markdown writer takes minutes.
var endless = []byte("<p>" + strings.Repeat("*_`[", 1<<18))

// timeout is how long what should happen at once may take on a busy machine.
const timeout = 20 * time.Second

// A task that is revoked frees its runner at once, whatever parser it hangs in, and a
// server that is stopped ends, with its conversions, which go on after the next start.
func TestAttackThatHangsIsEnded(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	set.Runners = 1
	s := apptest.StartJailed(t, set)
	hang := func(name string) string {
		t.Helper()
		created, err := s.IngestFile(t.Context(), write(t, name, string(endless)), client.IngestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		seen, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, _ = s.WaitTask(seen, created.TaskID, func(task wire.Task) {
			if task.Stage == "local_processing" {
				cancel()
			}
		})
		if seen.Err() == nil {
			t.Fatalf("%s has ended", name)
		}
		return created.TaskID
	}
	first := hang("first.html")
	began := time.Now()
	if err := s.CancelTask(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	created, err := s.IngestFile(t.Context(), write(t, "note.md", "a note"), client.IngestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if task, err := s.WaitTask(t.Context(), created.TaskID, nil); err != nil || task.Status != "SUCCESS" {
		t.Errorf("the note: %+v, %v", task, err)
	}
	if took := time.Since(began); took > timeout {
		t.Errorf("the runner was free after %s", took)
	}
	hang("second.html")
	began = time.Now()
	s.Stop()
	if took := time.Since(began); took > timeout {
		t.Errorf("the server ended after %s", took)
	}
}
