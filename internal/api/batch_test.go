package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/wire"
)

// TestBatchMetadataBomb: what is common to a batch is stored with each of its items, so
// that a small request asks for a hundred times its size.
func TestBatchMetadataBomb(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	metadata := make(map[string]int)
	for i := range 20_000 {
		metadata[fmt.Sprint(i)] = i
	}
	body, err := json.Marshal(map[string]any{"metadata": metadata, "items": urls(1000, "https://example.org/")})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/ingest/batch", "/process/batch"} {
		got := ask(t, s, http.MethodPost, path, jsonType, string(body))
		got.refused(t, path, http.StatusUnprocessableEntity)
		if !strings.Contains(got.body, "metadata") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	if tasks, err := s.QueueStats(t.Context()); err != nil || tasks.Pending+tasks.Active+tasks.Completed+tasks.Failed > 0 {
		t.Errorf("tasks were made: %+v, %v", tasks, err)
	}
}

func urls(n int, address string) []map[string]string {
	items := make([]map[string]string, n)
	for i := range items {
		items[i] = map[string]string{"url": address}
	}
	return items
}

// TestBatchConvertedAtOnceIsBounded: the texts of a batch are held together until the
// last is there.
func TestBatchConvertedAtOnceIsBounded(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 10)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		asked <- struct{}{}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, strings.Repeat("words without end ", 100))
	}))
	t.Cleanup(site.Close)
	set := apptest.Settings(t)
	set.MaxResultSize, set.Engines.AllowPrivateURLs = 3000, []string{"127.0.0.1"}
	s := apptest.Start(t, set)
	body, err := json.Marshal(map[string]any{"items": urls(4, site.URL)})
	if err != nil {
		t.Fatal(err)
	}
	got := ask(t, s, http.MethodPost, "/process/batch", jsonType, string(body))
	var all []wire.Processed
	if err := json.Unmarshal([]byte(got.body), &all); err != nil || len(all) != 4 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for i, p := range all {
		if p.Success != (i < 2) || !p.Success && (p.ErrorMessage == nil || !strings.Contains(*p.ErrorMessage, "larger than 3000 bytes")) {
			t.Errorf("item %d: %+v", i, p)
		}
	}
	if len(asked) != 2 {
		t.Errorf("%d pages were fetched, want 2", len(asked))
	}
}

// TestBatchOfAnother: a batch and each of its items are their owner's alone.
func TestBatchOfAnother(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	alice := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	bob := apptest.CreateKey(t, set, auth.Spec{Name: "bob", Role: auth.Client})
	s := apptest.Start(t, set)
	submit := func(key string) (made wire.BatchIngested) {
		t.Helper()
		got := ask(t, s, http.MethodPost, "/api/v1/ingest/batch", jsonType, `{"items":[{"url":"http://a.invalid/"},{"url":"http://b.invalid/"}]}`,
			"X-API-Key", key, "Idempotency-Key", "same")
		if err := json.Unmarshal([]byte(got.body), &made); err != nil || len(made.TaskIDs) != 2 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return made
	}
	hers, his := submit(alice), submit(bob)
	if hers.BatchID == his.BatchID || submit(alice).BatchID != hers.BatchID {
		t.Error("an Idempotency-Key is not its caller's own")
	}
	for _, id := range append([]string{hers.BatchID}, hers.TaskIDs...) {
		for _, call := range []string{"GET /api/v1/status/", "DELETE /api/v1/ingest/", "POST /api/v1/tasks/%s/retry", "POST /api/v1/tasks/%s/redeliver"} {
			method, path, _ := strings.Cut(call, " ")
			if !strings.Contains(path, "%s") {
				path += "%s"
			}
			path = fmt.Sprintf(path, id)
			ask(t, s, method, path, "", "", "X-API-Key", bob).refused(t, method+" "+path+" by another", http.StatusNotFound)
		}
		if got := ask(t, s, http.MethodGet, "/api/v1/status/"+id, "", "", "X-API-Key", alice); got.status != http.StatusOK {
			t.Errorf("hers: %d %s", got.status, got.body)
		}
	}
	if log := s.Log(); !strings.Contains(log, `key=alice`) || !strings.Contains(log, `route="POST /api/v1/ingest/batch" status=200`) || !strings.Contains(log, "task_id="+hers.BatchID) {
		t.Error("the batch has no audit line with its key and id")
	}
}
