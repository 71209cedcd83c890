package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// receive is a receiver of webhooks that passes on what it gets.
func receive(t *testing.T, status int) (url string, got <-chan wire.TaskEnded) {
	t.Helper()
	messages := make(chan wire.TaskEnded, 10)
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var m wire.TaskEnded
		if err := json.Unmarshal(body, &m); err != nil || r.Header.Get("Webhook-Signature") == "" {
			t.Errorf("got %s (%v) with %v", body, err, r.Header)
		}
		w.WriteHeader(status)
		messages <- m
	}))
	t.Cleanup(r.Close)
	return r.URL, messages
}

// next waits for less than it takes to find a notice that nobody has pointed out.
func next(t *testing.T, got <-chan wire.TaskEnded) wire.TaskEnded {
	t.Helper()
	select {
	case m := <-got:
		return m
	case <-time.After(15 * time.Second):
		t.Fatal("no webhook within 15 s of the task's end")
		panic("unreachable")
	}
}

func TestWebhookOfATask(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.Engines.AllowPrivateURLs = []string{"127.0.0.1"}
	s := apptest.Start(t, settings)
	url, got := receive(t, http.StatusOK)
	path := filepath.Join(t.TempDir(), "heron.txt")
	if err := os.WriteFile(path, []byte("The heron stands in the lake."), 0o600); err != nil {
		t.Fatal(err)
	}
	created, err := s.IngestFile(t.Context(), path, client.IngestOptions{
		Options: option.Options{Webhook: &option.Webhook{URL: url + "/hook", Secret: "hush-4711", AuthToken: "token-0815"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m := next(t, got)
	if m.TaskID != created.TaskID || m.Status != "SUCCESS" || m.DocumentID == nil || *m.DocumentID != created.DocumentID || m.ProcessingMethod == nil || *m.ProcessingMethod != "local" {
		t.Errorf("the webhook told %+v", m)
	}
	shown := func(tries int) wire.Webhook {
		t.Helper()
		for range 3000 {
			task, err := s.Task(t.Context(), created.TaskID)
			if err != nil {
				t.Fatal(err)
			}
			if len(task.Webhook.Tries) == tries {
				if string(m.Result) != string(task.Result) {
					t.Errorf("the webhook told %s, the status %s", m.Result, task.Result)
				}
				return *task.Webhook
			}
			<-time.After(10 * time.Millisecond)
		}
		t.Fatalf("no %d tries are shown", tries)
		panic("unreachable")
	}
	hook := shown(1)
	if hook.URL != url+"/hook" || hook.DeliveredAt == nil || hook.NextTryAt != nil || *hook.Tries[0].Status != 200 || hook.Tries[0].Error != nil || hook.Tries[0].At == nil {
		t.Errorf("shown is %+v", hook)
	}

	again := "/api/v1/tasks/" + created.TaskID + "/redeliver"
	if a := ask(t, s, "POST", again, "", ""); a.status != http.StatusOK || !strings.Contains(a.body, `"task_id":"`+created.TaskID) {
		t.Errorf("redeliver: %d %s", a.status, a.body)
	}
	if m := next(t, got); m.TaskID != created.TaskID {
		t.Errorf("the webhook told %+v", m)
	}
	shown(2)
	for range 3000 { // a try is counted once it is written down
		if strings.Contains(ask(t, s, "GET", "/metrics", "", "").body, "\nmorag_webhooks_total{outcome=\"delivered\"} 2\n") {
			break
		}
		<-time.After(10 * time.Millisecond)
	}

	for _, at := range []string{"/api/v1/status/" + created.TaskID, "/api/v1/tasks", "/metrics"} {
		a := ask(t, s, "GET", at, "", "")
		if strings.Contains(a.body, "hush-4711") || strings.Contains(a.body, "token-0815") {
			t.Errorf("%s shows a secret: %s", at, a.body)
		}
		if at == "/metrics" {
			for _, line := range []string{`morag_webhook_tries_total{answer="2xx"} 2`, `morag_webhooks_total{outcome="delivered"} 2`, "morag_webhooks_waiting 0"} {
				if !strings.Contains(a.body, "\n"+line+"\n") {
					t.Errorf("no line %q in the metrics", line)
				}
			}
		}
	}
	if log := s.Log(); strings.Contains(log, "hush-4711") || strings.Contains(log, "token-0815") || !strings.Contains(log, "webhook delivered") {
		t.Errorf("the log holds a secret, or not what it should:\n%s", log)
	}
}

func TestRedeliverIsRefused(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.Engines.AllowPrivateURLs = []string{"127.0.0.1"}
	s := apptest.Start(t, settings)
	upload := func(o client.IngestOptions) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "heron.txt")
		if err := os.WriteFile(path, fmt.Appendf(nil, "A heron that is %s and waits: %t", o.ContentType, o.Webhook != nil), 0o600); err != nil {
			t.Fatal(err)
		}
		created, err := s.IngestFile(t.Context(), path, o)
		if err != nil {
			t.Fatal(err)
		}
		return created.TaskID
	}
	under := upload(client.IngestOptions{Options: option.Options{Remote: true, Webhook: &option.Webhook{URL: "http://127.0.0.1:1/"}}, ContentType: "selftest"})
	silent := upload(client.IngestOptions{})
	if _, err := s.WaitTask(t.Context(), silent, nil); err != nil {
		t.Fatal(err)
	}
	ask(t, s, "POST", "/api/v1/tasks/"+under+"/redeliver", "", "").refused(t, "a task that has not ended", http.StatusConflict)
	ask(t, s, "POST", "/api/v1/tasks/"+silent+"/redeliver", "", "").refused(t, "a task without a webhook", http.StatusConflict)
}

// A receiver that refuses is shown with its status and a sentence, and when it is
// asked again.
func TestARefusedWebhookIsShown(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.Engines.AllowPrivateURLs = []string{"127.0.0.1"}
	s := apptest.Start(t, settings)
	url, got := receive(t, http.StatusTeapot)
	path := filepath.Join(t.TempDir(), "heron.txt")
	if err := os.WriteFile(path, []byte("One more heron."), 0o600); err != nil {
		t.Fatal(err)
	}
	created, err := s.IngestFile(t.Context(), path, client.IngestOptions{Options: option.Options{Webhook: &option.Webhook{URL: url, Secret: "s"}}})
	if err != nil {
		t.Fatal(err)
	}
	next(t, got)
	for range 3000 {
		task, err := s.Task(t.Context(), created.TaskID)
		if err != nil {
			t.Fatal(err)
		}
		if hook := task.Webhook; len(hook.Tries) > 0 {
			if try := hook.Tries[0]; *try.Status != http.StatusTeapot || *try.Error != "the receiver answered 418" || hook.DeliveredAt != nil || hook.NextTryAt == nil {
				t.Errorf("shown is %+v", hook)
			}
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Error("no try is shown")
}
