package ingest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/auth"
	"morag/internal/task"
)

var someoneElse = auth.Scope{Owner: "someone else"}

// TestOneKeysConversionsDelayAnothersByOne: a caller who has others waiting for all
// conversions that may run or wait gets another's single one done next.
func TestOneKeysConversionsDelayAnothersByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(c *setup) { c.Runners = 1 })
		h.converter.hold()
		source := task.Source{URL: "https://example.org/", ContentType: "web"}
		var crowd sync.WaitGroup
		var mu sync.Mutex
		busy := 0 // guarded by mu
		for range 10 * maxWaitingCallers {
			crowd.Go(func() {
				_, _, err := h.Convert(t.Context(), me, source, task.Options{})
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, ErrBusy) {
					busy++
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		done := false // guarded by mu
		crowd.Go(func() {
			_, _, err := h.Convert(t.Context(), someoneElse, source, task.Options{})
			mu.Lock()
			defer mu.Unlock()
			done = err == nil
		})
		for range 2 { // the one that runs, and the single one
			synctest.Wait()
			h.converter.block <- struct{}{}
		}
		synctest.Wait()
		mu.Lock()
		if want := 9 * maxWaitingCallers; !done || busy != want {
			t.Errorf("the single one is done: %t; %d of the others were refused, want %d", done, busy, want)
		}
		mu.Unlock()
		close(h.converter.block)
		crowd.Wait()
	})
}

// TestOneKeysThousandTasksDelayAnothersNoteByOne: an owner who has a thousand tasks waiting
// for two runners, in all the urgency there is, gets another's note done when the first
// that runs has ended, and an administrator's before both.
func TestOneKeysThousandTasksDelayAnothersNoteByOne(t *testing.T) {
	inBubble(t, func(c *setup) { c.Runners = 2 }, func(t *testing.T, h *harness) {
		const took = time.Minute
		h.converter.takes = took
		add := func(by auth.Scope, n, priority int) *task.Task {
			r := address(fmt.Sprintf("https://example.org/%s/%d", by.Owner, n))
			r.Options.Priority = priority
			made, _, err := h.Submit(t.Context(), by, r)
			if err != nil {
				t.Fatal(err)
			}
			return made
		}
		for i := range 1000 {
			add(me, i, 1_000_000)
		}
		time.Sleep(took / 2)
		note := add(someoneElse, 0, 0)
		time.Sleep(took) // the running ones end half way
		if got := h.whenIdle(note.ID); got.Phase != task.Running {
			t.Errorf("the note is %s, want that it runs", got.Phase)
		}
		late := add(someoneElse, 1, 0)
		urgent := add(auth.Scope{Owner: "root", Admin: true}, 0, 1)
		also := add(auth.Scope{Owner: "root", Admin: true}, 1, 1)
		time.Sleep(took)
		for _, want := range []struct {
			*task.Task
			phase task.Phase
		}{{note, task.Ended}, {urgent, task.Running}, {also, task.Running}, {late, task.Queued}} {
			if got := h.whenIdle(want.ID); got.Phase != want.phase {
				t.Errorf("%s is %s, want %s", got.Source.URL, got.Phase, want.phase)
			}
		}
	})
}
