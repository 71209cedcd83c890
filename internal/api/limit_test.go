package api

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	t.Parallel()
	p, now := newPace(2), time.Unix(1e9, 0)
	for i := range 4 {
		if err := p.take("a", now); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	var refused *Problem
	for range 3 { // what is refused is not counted
		if err := p.take("a", now); !errors.As(err, &refused) || refused.Status != 429 || refused.RetryAfter != 1 {
			t.Fatalf("one too many: %v", err)
		}
	}
	if err := p.take("b", now); err != nil {
		t.Errorf("another caller: %v", err)
	}
	if err := p.take("a", now.Add(500*time.Millisecond)); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	if err := newPace(0).take("a", now); err != nil {
		t.Errorf("without a limit: %v", err)
	}
}

func TestPaceForgets(t *testing.T) {
	t.Parallel()
	p, now := newPace(1), time.Unix(1e9, 0)
	for i := range 3 * maxPaced {
		if err := p.take(fmt.Sprint(i), now.Add(time.Duration(i)*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.callers.Len(); n > maxPaced {
		t.Errorf("%d callers are remembered, want at most %d", n, maxPaced)
	}
}

func TestSlots(t *testing.T) {
	t.Parallel()
	s := newSlots(4)
	s.wait = 0
	refused := func(caller string) bool {
		t.Helper()
		_, err := s.take(t.Context(), caller, "uploads")
		var p *Problem
		if err != nil && (!errors.As(err, &p) || p.Status != 503 || p.RetryAfter == 0) {
			t.Fatal(err)
		}
		return err != nil
	}
	free, err := s.take(t.Context(), "a", "uploads")
	if err != nil || refused("a") {
		t.Fatalf("the first two: %v", err)
	}
	if !refused("a") {
		t.Error("a caller has more than half")
	}
	if refused("b") {
		t.Error("another caller is kept out")
	}
	if !refused("b") {
		t.Error("another caller takes the last one, too")
	}
	if refused("c") {
		t.Error("a third caller is kept out")
	}
	for _, another := range []string{"d", ""} {
		if !refused(another) {
			t.Error("more than all")
		}
	}
	free()
	if refused("d") {
		t.Error("what was freed is not free")
	}
}

// TestSlotsWithoutKeys: callers that nothing tells apart share all.
func TestSlotsWithoutKeys(t *testing.T) {
	t.Parallel()
	s := newSlots(3)
	s.wait = 0
	for range 3 {
		if _, err := s.take(t.Context(), "", "uploads"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.take(t.Context(), "", "uploads"); err == nil {
		t.Error("more than all")
	}
}

// TestSlotsAreWaitedFor: a crowd that comes at once is served, one after the other.
func TestSlotsAreWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(2)
		var crowd sync.WaitGroup
		for range 10 {
			crowd.Go(func() {
				free, err := s.take(t.Context(), "", "uploads")
				if err != nil {
					t.Error(err)
					return
				}
				<-time.After(time.Second)
				free()
			})
		}
		crowd.Wait()
		ctx, leave := context.WithCancel(t.Context())
		for range 2 {
			if _, err := s.take(ctx, "", "uploads"); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		var p *Problem
		if _, err := s.take(ctx, "", "uploads"); !errors.As(err, &p) || p.Status != 503 || time.Since(began) != slotWait {
			t.Errorf("one that waits in vain: %v after %s", err, time.Since(began))
		}
		leave()
		if _, err := s.take(ctx, "", "uploads"); !errors.Is(err, context.Canceled) {
			t.Errorf("one whose caller has left: %v", err)
		}
	})
}
