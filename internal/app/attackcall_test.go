package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/config"
	"morag/internal/wire"
)

// TestAttackRedirectInwards has sites and a receiver of webhooks, which may be called by
// their name, lead the server to what may not: by redirects of theirs, of their
// robots.txt, and by what a page names.
func TestAttackRedirectInwards(t *testing.T) {
	t.Parallel()
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was called", r.Method, r.URL)
		_, _ = io.WriteString(w, secretText)
	}))
	t.Cleanup(inner.Close)
	var asked atomic.Int32
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt" && !strings.Contains(r.Host, "robots"):
			http.NotFound(w, r)
		case r.URL.Path == "/page":
			fmt.Fprintf(w, `<html><head><meta http-equiv="refresh" content="0;url=%[1]s/meta"><link rel="canonical" href="%[1]s/canonical"><link rel="amphtml" href="%[1]s/amp">`+
				`<base href="%[1]s/base/"><meta property="og:image" content="%[1]s/og.png"></head><body><p>Words</p><img src="%[1]s/image"><iframe src="%[1]s/frame"></iframe></body></html>`, inner.URL)
		default:
			asked.Add(1)
			w.Header().Set("Refresh", "0;url="+inner.URL+"/refresh")
			http.Redirect(w, r, strings.Replace(inner.URL, "127.0.0.1", r.URL.Query().Get("host"), 1)+"/redirected", http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(outer.Close)
	named := strings.Replace(outer.URL, "127.0.0.1", "localhost", 1)
	v := attacked(t, func(s *config.Server) { s.Engines.AllowPrivateURLs = []string{"localhost", "robots.localhost"} })

	for _, host := range []string{"127.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1", "169.254.169.254"} {
		for _, path := range []string{"/process/web", "/process/url", "/process/youtube"} {
			before := asked.Load()
			status, text := v.post(path, fmt.Sprintf(`{"url":%s,"include_thumbnails":true}`, quote(named+"/?host="+host)))
			if status != http.StatusUnprocessableEntity || strings.Contains(text, secretText) || asked.Load() == before {
				t.Errorf("%s, redirected to %s: %d %s", path, host, status, text)
			}
		}
	}
	if status, text := v.post("/process/web", fmt.Sprintf(`{"url":%s,"include_thumbnails":true}`, quote(named+"/page"))); status != http.StatusOK || strings.Contains(text, secretText) {
		t.Errorf("a page that names inner addresses: %d %s", status, text)
	}
	byRobots := strings.Replace(outer.URL, "127.0.0.1", "robots.localhost", 1) + "/page"
	if status, text := v.post("/process/web", fmt.Sprintf(`{"url":%s}`, quote(byRobots))); status != http.StatusUnprocessableEntity {
		t.Errorf("a robots.txt that redirects: %d %s", status, text)
	}

	status, text := v.post("/api/v1/ingest/url", fmt.Sprintf(`{"url":%s,"webhook_url":%s}`, quote(named+"/page"), quote(named+"/?host=127.0.0.1")))
	var made wire.Ingested
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if try := v.firstTry(made.TaskID); try.Status == nil || *try.Status != http.StatusTemporaryRedirect || try.Error == nil || strings.Contains(*try.Error, "127.0.0.1") {
		t.Errorf("the webhook's try: %+v", try)
	}
}

// firstTry waits for the first try of a task's webhook.
func (v *target) firstTry(taskID string) wire.WebhookTry {
	v.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-tick.C {
		status, text := v.call(http.MethodGet, "/api/v1/status/"+taskID, "", "")
		var task wire.Task
		if err := json.Unmarshal([]byte(text), &task); err != nil {
			v.t.Fatalf("%d %s", status, text)
		}
		if task.Webhook != nil && len(task.Webhook.Tries) > 0 {
			return task.Webhook.Tries[0]
		}
	}
	v.t.Fatal("the webhook was not tried")
	return wire.WebhookTry{}
}

// TestAttackConnections holds more connections than the server takes: those that are too
// many wait, and what is stored goes on.
func TestAttackConnections(t *testing.T) {
	t.Parallel()
	const most = 8
	v := attacked(t, func(s *config.Server) { s.MaxConnections = most })
	v.CloseIdle()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	hold := func() net.Conn {
		conn, err := net.Dial("tcp", strings.TrimPrefix(v.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	ask := func(conn net.Conn, timeout time.Duration) (answered bool) {
		_ = conn.SetDeadline(time.Now().Add(timeout))
		if _, err := io.WriteString(conn, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		n, _ := conn.Read(make([]byte, 4096))
		return n > 0
	}
	held := make([]net.Conn, most)
	for i := range held {
		if held[i] = hold(); !ask(held[i], time.Minute) {
			t.Fatalf("connection %d is not served", i)
		}
	}
	late := hold()
	if ask(late, 200*time.Millisecond) {
		t.Error("a connection too many is served")
	}
	_ = held[0].Close()
	_ = late.SetDeadline(time.Now().Add(time.Minute))
	if n, err := late.Read(make([]byte, 4096)); n == 0 {
		t.Errorf("after another has ended: %v", err)
	}
	if !ask(held[1], time.Minute) {
		t.Error("one that was there before is not served any more")
	}
}

// TestAttackSlowBody sends a form's beginning and no more, on as many connections as
// uploads may be at a time: other requests are served.
func TestAttackSlowBody(t *testing.T) {
	t.Parallel()
	v := attacked(t, func(s *config.Server) { s.MaxUploads = 2 })
	for range 2 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(v.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, err = io.WriteString(conn, "POST /api/v1/ingest/file HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		// It says that it reads on when the upload has begun.
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		if n, err := conn.Read(make([]byte, 1024)); n == 0 {
			t.Fatal(err)
		}
	}
	if status, text := v.upload("a.txt", []byte("words")); status != http.StatusServiceUnavailable {
		t.Errorf("an upload too many: %d %s", status, text)
	}
	if status, text := v.post("/search", `{"query":"words"}`); status != http.StatusOK {
		t.Errorf("a search meanwhile: %d %s", status, text)
	}
}
