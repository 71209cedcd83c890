package ingest

import (
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/task"
)

// told receives whether a watch has told of something within its interval.
func told(changed <-chan struct{}) (told, open bool) {
	select {
	case _, open = <-changed:
		return open, open
	case <-time.After(2 * watchEvery): // the bubble's clock
		return false, true
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		h.converter.block = make(chan struct{})
		created := h.submit("text", task.Options{})
		changed, stop := h.Watch(created.ID)
		defer stop()
		other, stopOther := h.Watch(created.ID)
		if got, _ := told(changed); !got {
			t.Error("what it is was not told")
		}
		for more := true; more; { // until the conversion blocks
			more, _ = told(changed)
		}
		if got, _ := told(changed); got {
			t.Error("told of a change although there was none")
		}
		stopOther()
		close(h.converter.block)
		if got, _ := told(changed); !got {
			t.Error("its end was not told")
		}
		for more := true; more; { // what has come before the end
			more, _ = told(changed)
		}
		if n := len(other); n != 1 {
			t.Errorf("who has stopped watching was told %d times, want the once before that", n)
		}
		h.StopWatches()
		if _, open := told(changed); open {
			t.Error("the service has stopped, and the watch goes on")
		}
		late, stopLate := h.Watch(created.ID)
		stopLate()
		if _, open := told(late); open {
			t.Error("a watch of a service that has stopped is open")
		}
		if n := len(h.watches.ids()); n != 0 {
			t.Errorf("%d tasks are still looked at", n)
		}
	})
}

// What nobody watches any more is not looked at.
func TestWatchesAreLetGo(t *testing.T) {
	t.Parallel()
	w := newWatches()
	_, a := w.add("x")
	_, b := w.add("x")
	if a(); len(w.ids()) != 1 {
		t.Error("one watcher has left, and the other's task is not looked at")
	}
	if b(); len(w.ids()) != 0 {
		t.Error("both have left, and the task is looked at")
	}
	w.tell("x", snapshot{revision: 1})
}
