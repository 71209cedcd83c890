package ingest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/task"
)

func TestFullQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(c *setup) { c.MaxQueued = 3 })
		h.converter.hold()
		first := h.submit("one", task.Options{})
		h.submit("two", task.Options{})
		if _, _, err := h.SubmitBatch(t.Context(), me, Request{}, []Request{address("https://example.org/")}); !errors.Is(err, ErrFull) {
			t.Errorf("a batch of two tasks where one has room: %v, want ErrFull", err)
		}
		h.submit("three", task.Options{})
		r := address("https://example.org/")
		if _, _, err := h.Submit(t.Context(), me, r); !errors.Is(err, ErrFull) {
			t.Errorf("a fourth task: %v, want ErrFull", err)
		}
		close(h.converter.block)
		if done := h.whenIdle(first.ID); done.Status != task.Success {
			t.Errorf("the first task is %s", done.Status)
		}
		time.Sleep(time.Second)
		if _, _, err := h.Submit(t.Context(), me, r); err != nil {
			t.Errorf("with room again: %v", err)
		}
		synctest.Wait()
	})
}
