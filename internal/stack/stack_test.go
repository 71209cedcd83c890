package stack_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"morag/internal/stack"
)

func TestFewRunAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		apart, hold := stack.New(2), make(chan struct{})
		var running, ran atomic.Int32
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				err := apart.Run(t.Context(), func() {
					running.Add(1)
					<-hold
					running.Add(-1)
					ran.Add(1)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := running.Load(); n != 2 {
			t.Errorf("%d run at a time, want 2", n)
		}
		left, leave := context.WithCancel(t.Context())
		leave()
		if err := apart.Run(left, func() { t.Error("it was run for who has left") }); !errors.Is(err, context.Canceled) {
			t.Errorf("who has left is told %v", err)
		}
		close(hold)
		all.Wait()
		if n := ran.Load(); n != 5 {
			t.Errorf("%d were run, want 5", n)
		}
	})
}

// A panic ends who asked for it, and its place is free again.
func TestPanics(t *testing.T) {
	t.Parallel()
	apart := stack.New(1)
	for range 2 {
		func() {
			defer func() {
				if recover() != "told" {
					t.Error("the panic was lost")
				}
			}()
			_ = apart.Run(t.Context(), func() { panic("told") })
		}()
	}
}
