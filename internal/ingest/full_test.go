package ingest

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/auth"
	"morag/internal/task"
)

func TestFullQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(c *setup) { c.MaxQueued = 3 })
		h.converter.hold()
		keyless := auth.Caller{}.Scope()
		add := func() (*task.Task, error) {
			t.Helper()
			made, _, err := h.Submit(t.Context(), keyless, address("https://example.org/"))
			return made, err
		}
		first, err := add()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := add(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.SubmitBatch(t.Context(), keyless, Request{}, []Request{address("https://example.org/")}); !errors.Is(err, ErrFull) {
			t.Errorf("a batch of two tasks where one has room: %v, want ErrFull", err)
		}
		if _, err := add(); err != nil {
			t.Errorf("a third task: %v", err)
		}
		if _, err := add(); !errors.Is(err, ErrFull) {
			t.Errorf("a fourth task: %v, want ErrFull", err)
		}
		close(h.converter.block)
		if done := h.whenIdle(first.ID); done.Status != task.Success {
			t.Errorf("the first task is %s", done.Status)
		}
		time.Sleep(time.Second)
		if _, err := add(); err != nil {
			t.Errorf("with room again: %v", err)
		}
		synctest.Wait()
	})
}

// TestOneKeysTasksLeaveRoom: keys that hand in more than the queue takes fill no more of it
// than they leave free.
func TestOneKeysTasksLeaveRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(c *setup) { c.MaxQueued = 16 })
		h.converter.hold()
		for i, want := range []int{8, 4, 2, 1, 1, 0} {
			by := auth.Scope{Owner: fmt.Sprint("key ", i)}
			got := 0
			var err error
			for err == nil {
				if _, _, err = h.Submit(t.Context(), by, address("https://example.org/")); err == nil {
					got++
				}
			}
			if !errors.Is(err, ErrFull) || got != want {
				t.Errorf("key %d has %d tasks under way, want %d (%v)", i, got, want, err)
			}
		}
		close(h.converter.block)
		synctest.Wait()
	})
}
