package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/metrics"
	"morag/internal/task"
	"morag/internal/task/memstore"
	"morag/internal/webhook"
)

func TestTriesAreCountedByTheirAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, m := memstore.New(time.Now), metrics.New()
		statuses := map[string]int{"/0": 0, "/199": 199, "/200": 200, "/404": 404, "/599": 599, "/600": 600}
		network := roundTrip(func(r *http.Request) (*http.Response, error) {
			if status := statuses[r.URL.Path]; status != 0 {
				return answer(r, status), nil
			}
			return nil, errors.New("nobody is there")
		})
		d := webhook.New(webhook.Config{Tasks: store, Client: &http.Client{Transport: network}, Logger: slog.New(slog.DiscardHandler), Metrics: m})
		for path := range statuses {
			end := &task.Task{ID: path[1:], Phase: task.Queued, Options: task.Options{Webhook: &task.Webhook{URL: "https://example.com" + path}}}
			if err := end.Revoke(time.Now()); err != nil {
				t.Fatal(err)
			}
			if err := store.Create(t.Context(), end); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		synctest.Wait()
		stop()
		running.Wait()

		shown := httptest.NewRecorder()
		m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(shown, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		for class, n := range map[string]int{"2xx": 1, "4xx": 1, "5xx": 1, "no_answer": 3} {
			if line := fmt.Sprintf("morag_webhook_tries_total{answer=%q} %d\n", class, n); !strings.Contains(shown.Body.String(), line) {
				t.Errorf("no line %q", line)
			}
		}
		if line := "morag_webhooks_total{outcome=\"delivered\"} 1\n"; !strings.Contains(shown.Body.String(), line) {
			t.Errorf("no line %q", line)
		}
	})
}
