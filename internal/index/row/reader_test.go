package row

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestWaitIsForThoseThatBeganBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r Readers
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		first, second := r.Enter(), r.Enter()
		over := false
		go func() {
			if err := r.Wait(t.Context()); err != nil {
				t.Error(err)
			}
			over = true
		}()
		synctest.Wait()
		later := r.Enter()
		second()
		synctest.Wait()
		if over {
			t.Error("over before the first has left")
		}
		first()
		synctest.Wait()
		if !over {
			t.Error("not over, though only a later one is there")
		}

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		later()
		if err := r.Wait(t.Context()); err != nil || len(r.open) > 0 {
			t.Errorf("%v, %d open", err, len(r.open))
		}
	})
}
