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

// begin runs another deliverer over a store.
func begin(t *testing.T, store webhook.Store, network roundTrip) {
	t.Helper()
	d := webhook.New(webhook.Config{Tasks: store, Client: &http.Client{Transport: network}, Logger: slog.New(slog.DiscardHandler)})
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
		begin(b.T, b.store.Beside(), network)
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

func TestADeadDelivererGivesItsNoticesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		store := memstore.New(time.Now)
		end := &task.Task{ID: "a", Phase: task.Queued, Options: task.Options{Webhook: &task.Webhook{URL: "https://example.com/"}}}
		if err := end.Revoke(time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := store.Create(t.Context(), end); err != nil {
			t.Fatal(err)
		}
		if due, _, err := store.ClaimNotices(t.Context(), nil, 1, time.Minute); len(due) != 1 || err != nil {
			t.Fatalf("claimed %d (%v)", len(due), err)
		}
		begin(t, store.Beside(), func(r *http.Request) (*http.Response, error) {
			asked.Add(1)
			return answer(r, 200), nil
		})
		pause(time.Minute - time.Second)
		if n := asked.Load(); n != 0 {
			t.Errorf("asked %d times while another one has it in hand", n)
		}
		pause(2 * time.Second)
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times after the lease", n)
		}
	})
}
