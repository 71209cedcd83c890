package webhook_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/task"
	"morag/internal/task/memstore"
	"morag/internal/webhook"
)

// begin runs another deliverer over a store, under a name or one of its own.
func begin(t *testing.T, store webhook.Store, name string, network roundTrip) {
	t.Helper()
	d := webhook.New(webhook.Config{Tasks: store, Name: name, Client: &http.Client{Transport: network}, Logger: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
}

func TestTwoDeliverersTellEachEndOnce(t *testing.T) {
	t.Parallel()
	const tasks = 100
	var mu sync.Mutex
	told := map[string]int{}
	network := func(r *http.Request) (*http.Response, error) {
		time.Sleep(3 * time.Second) // the bubble's clock: the other one looks meanwhile
		mu.Lock()
		defer mu.Unlock()
		told[r.Header.Get("webhook-id")]++
		return answer(r, 200), nil
	}
	inBubble(t, network, nil, func(b *bench) {
		begin(b.T, b.store.Beside(), "", network)
		for i := range tasks {
			b.ended(fmt.Sprint(i), task.Webhook{URL: fmt.Sprintf("https://host%d/", i%7)})
		}
		pause(5 * time.Minute)
		for id, n := range told {
			if n != 1 {
				t.Errorf("%s was sent %d times", id, n)
			}
		}
		if len(told) != tasks {
			t.Errorf("%d of %d ends were told", len(told), tasks)
		}
	})
}

// What a dead deliverer has in hand is told at once by the next of its name, by others
// when the lease is over.
func TestADeadDelivererGivesItsNoticesBack(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]time.Duration{"dead": 0, "another": time.Minute} {
		t.Run(next, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int32
				store := claimed(t, "dead")
				begin(t, store.Beside(), next, func(r *http.Request) (*http.Response, error) {
					asked.Add(1)
					return answer(r, 200), nil
				})
				if want > 0 {
					pause(want - time.Second)
					if n := asked.Load(); n != 0 {
						t.Errorf("asked %d times while another one has it in hand", n)
					}
				}
				pause(2 * time.Second)
				if n := asked.Load(); n != 1 {
					t.Errorf("asked %d times after %v", n, want)
				}
			})
		})
	}
}

// claimed is a store with one notice, which a deliverer has in hand for a minute.
func claimed(t *testing.T, deliverer string) *memstore.Store {
	t.Helper()
	store := memstore.New(time.Now)
	end := &task.Task{ID: "a", Phase: task.Queued, Options: task.Options{Webhook: &task.Webhook{URL: "https://example.com/"}}}
	if err := end.Revoke(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := store.Create(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	if due, _, err := store.ClaimNotices(t.Context(), deliverer, task.Busy{}, 1, time.Minute); len(due) != 1 || err != nil {
		t.Fatalf("claimed %d (%v)", len(due), err)
	}
	return store
}
