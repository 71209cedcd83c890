package ingest

import (
	"errors"
	"testing"
	"time"

	"morag/internal/auth"
	"morag/internal/estimate"
	"morag/internal/job"
	"morag/internal/task"
)

func (h *harness) view(id string) View {
	h.t.Helper()
	h.whenIdle(id)
	v, err := h.Status(h.t.Context(), me, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

// What remains is told of a conversion here, from what such conversions take, and never
// below nothing; of what comes after it there is no estimate.
func TestWhatRemainsOfAConversionHere(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.converter.hold()
		created := h.submit("words", task.Options{})
		time.Sleep(renewEvery) // the bubble's clock
		want := estimate.Documented("audio") - renewEvery
		if v := h.view(created.ID); v.Remaining != want || v.Progress != 0.4 || v.Message != "converting" {
			t.Errorf("%v remain at %v (%s), want %v at 0.4", v.Remaining, v.Progress, v.Message, want)
		}
		time.Sleep(time.Hour) // the bubble's clock
		if v := h.view(created.ID); v.Remaining != 0 {
			t.Errorf("%v remain of what took too long already", v.Remaining)
		}
		h.embedder.breakDown(1)
		close(h.converter.block)
		if v := h.view(created.ID); v.Phase != task.Queued || v.Remaining != 0 {
			t.Errorf("%v remain while the task is %s", v.Remaining, v.Phase)
		}
	})
}

func TestWhatRemainsOfARemoteJob(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		created := h.submit("sound", task.Options{Remote: true})
		if v := h.view(created.ID); v.Progress != 0.3 || v.Message != "waiting for a worker" || v.Remaining != 0 {
			t.Errorf("%v remain at %v: %s", v.Remaining, v.Progress, v.Message)
		}
		j, err := h.jobs.only()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.jobs.apply(t.Context(), j.ID, job.Change{Event: job.Claim, WorkerID: "w"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second) // the bubble's clock
		if v := h.view(created.ID); v.Message != "a worker converts it" || v.Remaining != 40*time.Second {
			t.Errorf("%v remain: %s; want 40 s of a minute", v.Remaining, v.Message)
		}
	})
}

// Progress that goes back has a reason that its watcher sees, and what goes on has none.
func TestWhyProgressBeginsAnew(t *testing.T) {
	t.Parallel()
	gone := &task.Remote{JobID: "j", GaveUp: "no worker came"}
	for want, of := range map[string]task.Task{
		"converting": {Phase: task.Running, Stage: task.LocalProcessing, Message: "converting"},
		"converting; once more: the server was stopped":             {Phase: task.Running, Stage: task.LocalProcessing, Message: "converting", Interrupted: "the server was stopped", Remote: gone},
		"stored 3 of 9; once more: the server that ran it died":     {Phase: task.Queued, Stage: task.Storing, Message: "stored 3 of 9", Interrupted: "the server that ran it died"},
		"the embedder is down":                                      {Phase: task.Queued, Stage: task.Storing, Message: "the embedder is down", Interrupted: "the embedder is down"},
		"converting here; remote conversion failed: no worker came": {Phase: task.Running, Stage: task.LocalProcessing, Message: "converting here", Remote: gone},
		"storing":              {Phase: task.Running, Stage: task.Storing, Message: "storing", Remote: gone},
		"cannot be read":       {Phase: task.Ended, Stage: task.LocalProcessing, Message: "cannot be read", Interrupted: "the server was stopped"},
		"waiting for a worker": {Phase: task.Waiting, Stage: task.WaitingForJob, Message: "waiting for a worker", Interrupted: "x"},
	} {
		if got := of.Message + anew(&of); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A task that was called off leaves no file, wherever it stood, and ends once.
func TestRevokeAtEveryStage(t *testing.T) {
	for name, c := range map[string]struct {
		options task.Options
		reach   func(h *harness, id string)
	}{
		"while it is converted": {task.Options{}, func(h *harness, _ string) {}},
		"while it is put off": {task.Options{}, func(h *harness, id string) {
			h.embedder.breakDown(1)
			close(h.converter.block)
			if got := h.whenIdle(id); got.ConvertedRef == "" || got.Phase != task.Queued {
				h.t.Fatalf("the task is %s", got.Phase)
			}
		}},
		"while a worker is awaited": {task.Options{Remote: true}, func(*harness, string) {}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, h *harness) {
				h.converter.hold()
				h.jobs.offer(true)
				c.options.Webhook = &task.Webhook{URL: "https://example.org/"}
				created := h.submit("words", c.options)
				h.whenIdle(created.ID)
				c.reach(h, created.ID)
				for range 2 {
					v, err := h.Revoke(t.Context(), me, created.ID)
					if err != nil || v.Status != task.Revoked || len(v.Notices) != 1 {
						t.Fatalf("revoked: %+v (%v)", v.Task, err)
					}
				}
				time.Sleep(2 * renewEvery) // the bubble's clock
				h.whenIdle(created.ID)
				if n := h.blobs.count(); n != 0 {
					t.Errorf("%d files are left", n)
				}
				if all := h.running.all(); len(all) != 0 {
					t.Errorf("still running: %v", all)
				}
			})
		})
	}
}

func TestOthersTasksAreNotThere(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		created := h.submit("words", task.Options{})
		h.whenIdle(created.ID)
		for _, id := range []string{created.ID, "none", "", "../x"} {
			by := auth.Scope{Owner: "somebody else"}
			for what, call := range map[string]func() (View, error){
				"status": func() (View, error) { return h.Status(t.Context(), by, id) },
				"revoke": func() (View, error) { return h.Revoke(t.Context(), by, id) },
				"retry":  func() (View, error) { return h.Retry(t.Context(), by, id) },
			} {
				if _, err := call(); !errors.Is(err, task.ErrNotFound) {
					t.Errorf("%s of %q by another: %v", what, id, err)
				}
			}
		}
		if list, _, err := h.List(t.Context(), auth.Scope{Owner: "somebody else"}, task.Filter{}); err != nil || len(list) != 0 {
			t.Errorf("another one sees %d tasks (%v)", len(list), err)
		}
	})
}

// Until one of its type was measured, a recording is expected to take what the documents
// say, and all else little.
func TestWhatConversionsAreExpectedToTake(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"audio", "video", "youtube"} {
		if got := expected(contentType); got != estimate.Documented(contentType) {
			t.Errorf("%s: %v", contentType, got)
		}
	}
	for _, contentType := range []string{"document", "image", "web", "their-own"} {
		if got := expected(contentType); got != 15*time.Second {
			t.Errorf("%s: %v", contentType, got)
		}
	}
}
