package api_test

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/option"
)

// listen opens the stream of a task and returns what reads its next event, "" at its end.
func listen(ctx context.Context, t *testing.T, s *apptest.Server, key, id, lastEvent string) (next func() string, resp *http.Response) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/api/v1/status/"+id+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", key)
	if lastEvent != "" {
		req.Header.Set("Last-Event-ID", lastEvent)
	}
	resp, err = http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	return func() string {
		var event []string
		for lines.Scan() {
			if lines.Text() == "" && len(event) > 0 {
				return strings.Join(event, "\n")
			}
			if text := lines.Text(); text != "" && text != ":" {
				event = append(event, text)
			}
		}
		return ""
	}, resp
}

// saved is a file that holds a text.
func saved(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "talk.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestEventStream follows a remote ingestion through a lost connection to its end.
func TestEventStream(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	alice := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "alice", Role: auth.Client})
	bob := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "bob", Role: auth.Client})
	f.obeys(bob, 403)
	made, err := f.As(alice).IngestFile(t.Context(), saved(t, "sound"), client.IngestOptions{ContentType: "selftest", Options: option.Options{Remote: true}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	next, resp := listen(ctx, t, f.Server, alice, made.TaskID, "")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	first := next()
	if !strings.HasPrefix(first, "event: status\nid: ") || !strings.Contains(first, `"task_id":"`+made.TaskID+`"`) {
		t.Fatalf("at first: %s", first)
	}
	// Its worker says how far it is; that is told although the task's row stays.
	p := f.claim(f.first, "w1", "selftest")
	at := jobsPath + "/" + p.JobID
	f.says(200, f.first, "POST", at+"/heartbeat", `{"worker_id": "w1", "progress": 0.5, "message": "half of it"}`)
	for event := first; !strings.Contains(event, "half of it"); event = next() {
		if event == "" {
			t.Fatal("the stream ended before it told of the progress")
		}
	}
	leave()

	f.says(200, f.first, "PUT", at+"/result", `{"success": true, "content": "words", "worker_id": "w1", "attempt": 1}`)
	for _, lastEvent := range []string{"2", "1000000", "nonsense"} {
		next, _ = listen(t.Context(), t, f.Server, alice, made.TaskID, lastEvent)
		event, before := next(), ""
		for ; event != "" && !strings.HasPrefix(event, "event: end"); event = next() {
			before = event
		}
		if !strings.Contains(event, `"status":"SUCCESS"`) || !strings.Contains(before, `"status":"SUCCESS"`) || !strings.HasPrefix(before, "event: status") {
			t.Errorf("after Last-Event-ID %s the last are %q and %q", lastEvent, before, event)
		}
		if after := next(); after != "" {
			t.Errorf("after the end comes %q", after)
		}
	}

	// What is another's is not there, and with its key a stream ends.
	with(t, f.Server, bob, "GET", "/api/v1/status/"+made.TaskID+"/events", "").refused(t, "another's task", 404)
	with(t, f.Server, alice, "GET", "/api/v1/status/nothing/events", "").refused(t, "no task", 404)
	waiting, err := f.As(bob).IngestFile(t.Context(), saved(t, "more sound"), client.IngestOptions{ContentType: "selftest", Options: option.Options{Remote: true}})
	if err != nil {
		t.Fatal(err)
	}
	next, _ = listen(t.Context(), t, f.Server, bob, waiting.TaskID, "")
	next()
	apptest.RevokeKey(t, f.Settings, "bob")
	for event := next(); event != ""; event = next() {
		if strings.HasPrefix(event, "event: end") {
			t.Error("a task that waits has ended")
		}
	}
	_, resp = listen(t.Context(), t, f.Server, bob, waiting.TaskID, "")
	if resp.StatusCode != 401 {
		t.Errorf("after its key's end: %d", resp.StatusCode)
	}
	// The server's end does not wait for who listens.
	next, _ = listen(t.Context(), t, f.Server, f.admin, waiting.TaskID, "")
	next()
	f.Stop()
	for event := next(); event != ""; event = next() {
		continue
	}
}
