package ingest

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"

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
