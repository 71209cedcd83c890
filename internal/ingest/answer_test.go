package ingest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/task"
)

// answer asks for the text of a source, as a caller who waits, and sends what it gets.
func (h *harness) answer(ctx context.Context, o task.Options) <-chan answered {
	h.t.Helper()
	b, err := h.blobs.Put(h.t.Context(), strings.NewReader("sound"), 0)
	if err != nil {
		h.t.Fatal(err)
	}
	got := make(chan answered, 1)
	go func() {
		doc, taken, err := h.Answer(ctx, me, Request{Options: o, Source: task.Source{
			Ref: b.Ref, Name: "talk.mp3", Size: b.Size, SHA256: b.SHA256, ContentType: "audio",
		}})
		got <- answered{doc, taken, err}
	}()
	return got
}

type answered struct {
	doc   *content.Document
	taken bool
	err   error
}

// onlyTask is the one that there is when the bubble is idle.
func (h *harness) onlyTask() *task.Task {
	h.t.Helper()
	synctest.Wait()
	all, _, err := h.tasks.List(h.t.Context(), task.Filter{})
	if err != nil || len(all) != 1 {
		h.t.Fatalf("tasks %+v, %v", all, err)
	}
	return all[0]
}

// TestAnswerByAWorker is handed over and leaves nothing but the task.
func TestAnswerByAWorker(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		got := h.answer(t.Context(), task.Options{Remote: true})
		if err := h.jobs.complete(t.Context(), h.onlyTask().Remote.JobID, "the tide turns"); err != nil {
			t.Fatal(err)
		}
		if a := <-got; a.err != nil || a.doc.Content != "the tide turns" || !a.taken {
			t.Errorf("answered %+v", a)
		}
		if after := h.onlyTask(); after.Status != task.Success || after.DocumentID != "" || after.Method != "remote" {
			t.Errorf("the task is %+v", after)
		}
		if n := h.blobs.count(); n != 0 {
			t.Errorf("%d files are left", n)
		}
	})
}

// TestAnswerByFallback: when the workers fail, the server converts, under the same task.
func TestAnswerByFallback(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		got := h.answer(t.Context(), task.Options{Remote: true})
		if _, err := h.jobs.Cancel(t.Context(), h.onlyTask().Remote.JobID, "no"); err != nil {
			t.Fatal(err)
		}
		if a := <-got; a.err != nil || a.doc.Content == "" || len(a.doc.Warnings) == 0 {
			t.Errorf("answered %+v", a)
		}
		if n := h.blobs.count(); n != 0 {
			t.Errorf("%d files are left", n)
		}
	})
}

// TestAnswerAtOnce: without a worker the server does not wait for one.
func TestAnswerAtOnce(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		if a := <-h.answer(t.Context(), task.Options{Remote: true}); a.err != nil || a.taken || a.doc.Content == "" {
			t.Errorf("answered %+v", a)
		}
	})
}

// TestAnswerThatFails tells why and keeps no source, since nobody asks for it again.
func TestAnswerThatFails(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		got := h.answer(t.Context(), task.Options{Remote: true, NoFallback: true})
		if _, err := h.jobs.Cancel(t.Context(), h.onlyTask().Remote.JobID, "the operator did"); err != nil {
			t.Fatal(err)
		}
		if a := <-got; !errors.Is(a.err, convert.ErrEngine) || !strings.Contains(describe(a.err), "the operator did") {
			t.Errorf("answered %+v", a)
		}
		if n := h.blobs.count(); n != 0 {
			t.Errorf("%d files are left", n)
		}
		if _, err := h.Retry(t.Context(), me, h.onlyTask().ID); !errors.Is(err, ErrSourceGone) {
			t.Errorf("tried again: %v", err)
		}
	})
}

// TestAnswerIsCalledOff when nobody waits for it any more: its caller has left, the server
// stops, or an earlier process of the server's name was killed.
func TestAnswerIsCalledOff(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness) {
		h.jobs.offer(true)
		ctx, leave := context.WithCancel(t.Context())
		got := h.answer(ctx, task.Options{Remote: true})
		jobID := h.onlyTask().Remote.JobID
		leave()
		if a := <-got; !errors.Is(a.err, context.Canceled) || !a.taken {
			t.Errorf("answered %+v", a)
		}
		h.calledOff(jobID)
	})
	t.Run("by the end of the server", func(t *testing.T) {
		inBubble(t, nil, func(t *testing.T, h *harness) {
			h.jobs.offer(true)
			got := h.answer(t.Context(), task.Options{Remote: true})
			jobID := h.onlyTask().Remote.JobID
			h.StopWatches()
			if a := <-got; !errors.Is(a.err, ErrStopping) {
				t.Errorf("answered %+v", a)
			}
			h.calledOff(jobID)
		})
	})
	t.Run("by its death", func(t *testing.T) {
		inBubble(t, func(c *setup) {
			c.Runner = "r"
			left := &task.Task{ID: "left", Owner: me.Owner, Phase: task.Queued, Status: task.Pending, Stage: task.Initializing, Waiter: "r", Source: task.Source{ContentType: "audio"}}
			others := left.Clone()
			others.ID, others.Waiter, others.Phase, others.Status = "other", "another server", task.Waiting, task.Progress
			others.Remote = &task.Remote{JobID: "theirs"}
			for _, one := range []*task.Task{left, others} {
				if err := c.Tasks.Create(context.Background(), one); err != nil {
					panic(err)
				}
			}
		}, func(_ *testing.T, h *harness) {
			if after := h.whenIdle("left"); after.Status != task.Revoked {
				t.Errorf("the task is %+v", after)
			}
			if after := h.whenIdle("other"); after.Status == task.Revoked {
				t.Errorf("another server's is %+v", after)
			}
		})
	})
}

// calledOff checks that the only task and its job are, and that no file is left.
func (h *harness) calledOff(jobID string) {
	h.t.Helper()
	if after := h.onlyTask(); after.Status != task.Revoked {
		h.t.Errorf("the task is %+v", after)
	}
	if j, err := h.jobs.Get(h.t.Context(), jobID); err != nil || !j.Status.Terminal() {
		h.t.Errorf("the job is %+v, %v", j, err)
	}
	if n := h.blobs.count(); n != 0 {
		h.t.Errorf("%d files are left", n)
	}
}
