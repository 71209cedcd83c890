package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/option"
	"morag/internal/wire"
)

// Both servers take tasks, and each is told of once, by whichever.
func TestTwoServersTellAWebhookOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	told := map[string]int{}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		told[r.Header.Get("webhook-id")]++
	}))
	t.Cleanup(receiver.Close)
	s := startTwo(t, func(set *config.Server) { set.Engines.AllowPrivateURLs = []string{"127.0.0.1"} })
	const tasks = 12
	var created []string
	for i := range tasks {
		in, err := at(s, i).IngestFile(t.Context(), write(t, "note.txt", fmt.Sprint("note number ", i)), client.IngestOptions{
			Options: option.Options{Webhook: &option.Webhook{URL: receiver.URL}},
		})
		if err != nil {
			t.Fatal(err)
		}
		created = append(created, in.TaskID)
	}
	for i, task := range created {
		eventually(t, "the webhook is delivered", func() bool {
			got := status(t, at(s, i+1), task)
			return got.Webhook != nil && got.Webhook.DeliveredAt != nil
		})
		if tries := status(t, s.a, task).Webhook.Tries; len(tries) != 1 {
			t.Errorf("task %s was told of in %d tries", task, len(tries))
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(told) != tasks {
		t.Errorf("%d messages, want one for each of %d tasks", len(told), tasks)
	}
	for id, n := range told {
		if n != 1 {
			t.Errorf("message %s came %d times", id, n)
		}
	}
}

// at is one of the servers in turn.
func at(s *two, i int) *apptest.Server {
	if i%2 == 0 {
		return s.a
	}
	return s.b
}

func TestTwoServersStoreTheSameContentOnce(t *testing.T) {
	t.Parallel()
	s := startTwo(t, nil)
	path := write(t, "note.txt", "The heron fishes at dawn.")
	results := make([]wire.TaskResult, 6)
	var uploads sync.WaitGroup
	for i := range results {
		uploads.Go(func() {
			in, err := at(s, i).IngestFile(t.Context(), path, client.IngestOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			results[i] = succeeded(t, at(s, i+1), in.TaskID)
		})
	}
	uploads.Wait()
	first := 0
	for _, r := range results {
		if !r.Duplicate {
			first++
		}
		if r.DocumentID != results[0].DocumentID {
			t.Errorf("documents %s and %s of one content", r.DocumentID, results[0].DocumentID)
		}
	}
	documents, err := s.b.Documents(t.Context(), client.DocumentFilter{})
	if err != nil || first != 1 || len(documents.Documents) != 1 {
		t.Errorf("%d of %d were no duplicates, %d documents (%v); want one", first, len(results), len(documents.Documents), err)
	}
}

// The same request, sent to both servers at the same time, makes one task.
func TestTwoServersTakeARequestOnce(t *testing.T) {
	t.Parallel()
	s := startTwo(t, nil)
	path := write(t, "note.txt", "The heron fishes at dawn.")
	tasks := make([]string, 6)
	var uploads sync.WaitGroup
	for i := range tasks {
		uploads.Go(func() {
			in, err := at(s, i).IngestFile(t.Context(), path, client.IngestOptions{IdempotencyKey: "the same"})
			if err != nil {
				t.Error(err)
			}
			tasks[i] = in.TaskID
		})
	}
	uploads.Wait()
	for _, task := range tasks {
		if task != tasks[0] || task == "" {
			t.Errorf("tasks %v, want one", tasks)
			break
		}
	}
}
