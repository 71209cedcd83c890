package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/task"
	"morag/internal/webhook"
)

// In these tests time is the bubble's and the network a function.

func inBubble(t *testing.T, network roundTrip, wrap func(webhook.Store) webhook.Store, test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(newBench(t, &http.Client{Transport: network}, wrap))
	})
}

// hang answers nothing until it is called off.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestTheScheduleIsKept(t *testing.T) {
	t.Parallel()
	began := time.Time{}
	var tries []time.Duration
	inBubble(t, func(r *http.Request) (*http.Response, error) {
		tries = append(tries, time.Since(began))
		return answer(r, 500), nil
	}, nil, func(b *bench) {
		began = time.Now()
		b.ended("a", task.Webhook{URL: "https://example.com/"})
		pause(72 * time.Hour)
		synctest.Wait()
		want := 0 * time.Second
		for i, at := range tries {
			wait := task.NoticeWait("a", 1, i+1)
			if want += wait; at != want {
				t.Errorf("try %d after %v, want %v", i+1, at, want)
			}
		}
		last := tries[len(tries)-1]
		if n := b.newest("a"); last < 24*time.Hour || last > 26*time.Hour || !n.NextAt.IsZero() || len(n.Tries) != len(tries) {
			t.Errorf("%d tries, the last after %v; written down is %+v", len(tries), last, n)
		}
		if n := strings.Count(b.log.String(), "\n"); n != len(tries) {
			t.Errorf("%d lines in the log, want one a try:\n%s", n, b.log)
		}
	})
}

func TestATryHasAnEnd(t *testing.T) {
	t.Parallel()
	inBubble(t, hang, nil, func(b *bench) {
		b.ended("a", task.Webhook{URL: "https://example.com/"})
		pause(15*time.Second + time.Millisecond)
		synctest.Wait()
		if n := b.newest("a"); len(n.Tries) != 1 || n.Tries[0].Error != "no answer within 15s" || n.Tries[0].Status != 0 {
			t.Errorf("written down is %+v", n)
		}
	})
}

// The server's end cuts a try off that does not end by itself, and does not count it;
// one that does end counts.
func TestStopping(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes time.Duration
		tries int
		stops time.Duration
	}{
		"while a receiver answers": {3 * time.Second, 1, 3 * time.Second},
		"while a receiver hangs":   {time.Hour, 0, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(r *http.Request) (*http.Response, error) {
				select {
				case <-time.After(c.takes):
					return answer(r, 200), nil
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
			}, nil, func(b *bench) {
				b.ended("a", task.Webhook{URL: "https://example.com/"})
				synctest.Wait()
				began := time.Now()
				b.stop()
				n := b.newest("a")
				if took := time.Since(began); took != c.stops || len(n.Tries) != c.tries || n.NextAt.IsZero() == (c.tries == 0) {
					t.Errorf("stopped after %v; written down is %+v", took, n)
				}
			})
		})
	}
}

// broken is a store that cannot write, or not even read.
type broken struct {
	webhook.Store
	reads, writes *atomic.Bool
}

var errBroken = errors.New("no space")

func (s broken) Update(ctx context.Context, id string, rule func(*task.Task, time.Time) error) (*task.Task, error) {
	if s.writes.Load() {
		return nil, errBroken
	}
	return s.Store.Update(ctx, id, rule)
}

func (s broken) ClaimNotices(ctx context.Context, deliverer string, busy task.Busy, n int, lease time.Duration) ([]*task.Task, time.Duration, error) {
	if s.reads.Load() {
		return nil, 0, errBroken
	}
	return s.Store.ClaimNotices(ctx, deliverer, busy, n, lease)
}

// deaf is a store without hints.
type deaf struct{ webhook.Store }

func (deaf) Wake(context.Context, task.Hint) <-chan struct{} { return nil }

// While nothing can be written a receiver is not asked again and again.
func TestAStoreThatCannotWriteIsGivenTime(t *testing.T) {
	t.Parallel()
	var reads, writes atomic.Bool
	var asked atomic.Int32
	writes.Store(true)
	inBubble(t, func(r *http.Request) (*http.Response, error) {
		asked.Add(1)
		return answer(r, 200), nil
	}, func(s webhook.Store) webhook.Store { return broken{s, &reads, &writes} }, func(b *bench) {
		b.ended("a", task.Webhook{URL: "https://example.com/"})
		pause(5*time.Minute + time.Second)
		if n := asked.Load(); n < 2 || n > 11 {
			t.Errorf("asked %d times in five minutes", n)
		}
		writes.Store(false)
		reads.Store(true)
		pause(time.Minute)
		reads.Store(false)
		pause(time.Minute)
		if n := b.newest("a"); n.DeliveredAt.IsZero() {
			t.Errorf("the store is well again, written down is %+v", n)
		}
		if n := asked.Load(); n > 12 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestAClockSetBackKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	inBubble(t, func(r *http.Request) (*http.Response, error) {
		asked.Add(1)
		return answer(r, 500), nil
	}, nil, func(b *bench) {
		b.ended("a", task.Webhook{URL: "https://example.com/"})
		synctest.Wait()
		b.clock.advance(-10 * time.Hour)
		pause(31 * time.Second)
		if n := asked.Load(); n < 2 {
			t.Errorf("asked %d times, want again within half a minute", n)
		}
	})
}

// A hint that is lost costs seconds, and none is needed for what is due at the start.
func TestWhatIsDueIsFoundWithoutAHint(t *testing.T) {
	t.Parallel()
	deafen := func(s webhook.Store) webhook.Store { return deaf{s} }
	inBubble(t, func(r *http.Request) (*http.Response, error) { return answer(r, 200), nil }, deafen, func(b *bench) {
		synctest.Wait() // it has looked and rests
		b.running("a", task.Webhook{URL: "https://example.com/"})
		b.update("a", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
		pause(6 * time.Second)
		if b.newest("a").DeliveredAt.IsZero() {
			t.Error("it was not found")
		}
	})
}

// However tries end, a receiver is asked by two at a time, and by two while there are two.
func TestAReceiverIsAskedByTwoAtATime(t *testing.T) {
	t.Parallel()
	var at, most, asked atomic.Int32
	inBubble(t, func(r *http.Request) (*http.Response, error) {
		n := at.Add(1)
		defer at.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-time.After(time.Duration(1+asked.Add(1)%3) * time.Second)
		return answer(r, 200), nil
	}, nil, func(b *bench) {
		for i := range 30 {
			b.ended(fmt.Sprint("t", i), task.Webhook{URL: "https://example.com/"})
		}
		pause(31 * time.Second)
		if n := asked.Load(); most.Load() != 2 || n != 30 {
			t.Errorf("asked by %d at once, %d times in half a minute; want 2 and 30", most.Load(), n)
		}
	})
}

// A thousand receivers that hang, and one that does not: it is asked within a try's
// time, for each receiver has a place at a time.
func TestManyHangingReceivers(t *testing.T) {
	t.Parallel()
	var at, most atomic.Int32
	inBubble(t, func(r *http.Request) (*http.Response, error) {
		n := at.Add(1)
		defer at.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		return hang(r)
	}, nil, func(b *bench) {
		for i := range 200 {
			b.ended(fmt.Sprint("t", i), task.Webhook{URL: fmt.Sprintf("https://host%d/", i)})
		}
		pause(3 * time.Minute)
		if n := most.Load(); n != 32 {
			t.Errorf("%d tries at once, want 32", n)
		}
		for i := range 200 {
			if n := b.newest(fmt.Sprint("t", i)); len(n.Tries) == 0 {
				t.Errorf("task %d was not tried", i)
			}
		}
	})
}
