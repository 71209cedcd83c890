package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/wire"
)

// event is one event of a stream.
type event struct{ name, id, data string }

// hear opens the stream of all that changes and returns what reads its next event of one of
// the names, of any without, whose data has the words.
func hear(ctx context.Context, t *testing.T, s *apptest.Server, key, lastEvent string) (next func(words string, names ...string) event, resp *http.Response) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", key)
	req.Header.Set("Last-Event-ID", lastEvent)
	if resp, err = http.DefaultTransport.RoundTrip(req); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return func(words string, names ...string) event {
		t.Helper()
		var e event
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				if strings.Contains(e.data, words) && (len(names) == 0 || strings.Contains(" "+strings.Join(names, " ")+" ", " "+e.name+" ")) {
					return e
				}
			}
		}
		return event{}
	}, resp
}

// TestFeed follows a job, its task, its worker and the figures, and goes on after a lost
// connection where it was.
func TestFeed(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	alice := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "alice", Role: auth.Client})
	f.obeys(alice, 403)
	with(t, f.Server, alice, "GET", "/api/v1/events", "").refused(t, "a client", 403)
	with(t, f.Server, "", "GET", "/api/v1/events", "").refused(t, "nobody", 401)

	ctx, leave := context.WithCancel(t.Context())
	next, resp := hear(ctx, t, f.Server, f.admin, "")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	first := next("")
	var figures wire.Stats
	if err := json.Unmarshal([]byte(first.data), &figures); err != nil || first.name != "stats" || figures.Jobs["pending"] != 0 || len(figures.Jobs) != 6 {
		t.Fatalf("at first: %v (%v)", first, err)
	}
	created := f.create("type-a")
	if got := next(created, "job"); !strings.Contains(got.data, `"status":"pending"`) {
		t.Errorf("of a new job: %v", got)
	}
	if got := next(`"pending":1`, "stats"); got.name == "" {
		t.Error("the figures are not told")
	}
	f.claim(f.first, "w1", "type-a")
	taken := next(created, "job")
	if !strings.Contains(taken.data, `"status":"processing"`) || !strings.Contains(taken.data, `"worker_id":"w1"`) {
		t.Errorf("of its claim: %v", taken)
	}
	if got := next(created, "worker"); !strings.Contains(got.data, `"in_hand":["`+created+`"]`) {
		t.Errorf("of the worker: %v", got)
	}
	leave()

	f.says(200, f.first, "POST", jobsPath+"/"+created+"/heartbeat", `{"worker_id": "w1", "progress": 0.25, "message": "a quarter"}`)
	f.says(200, f.first, "PUT", jobsPath+"/"+created+"/result", `{"success": true, "content": "words", "worker_id": "w1", "attempt": 1}`)
	next, _ = hear(t.Context(), t, f.Server, f.admin, taken.id)
	for job, task := false, false; !job || !task; {
		got := next("")
		if got.name == "" || got.name == "reset" || got.id == taken.id {
			t.Fatalf("who comes back is told %v before the end of the job and of the task that was made of it", got)
		}
		job = job || got.name == "job" && strings.Contains(got.data, `"status":"completed"`)
		if got.name == "task" && strings.Contains(got.data, `"status":"SUCCESS"`) {
			task = true
			if !strings.Contains(got.data, `"result":null`) || !strings.Contains(got.data, `"owner":`) {
				t.Errorf("of the task: %v", got)
			}
		}
	}
	next, _ = hear(t.Context(), t, f.Server, f.admin, "0000-17")
	if got := next(""); got.name != "reset" || !strings.Contains(got.data, "ask how things are") {
		t.Errorf("after an id of another server: %v", got)
	}
	// The server's end does not wait for who listens.
	f.Stop()
	for got := next(""); got.name != ""; got = next("") {
		continue
	}
}
