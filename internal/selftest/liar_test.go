package selftest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"morag/internal/app/apptest"
)

// liar changes the answers of a sound server. It answers what the caller is told.
type liar func(r *http.Request, status int, body string) (int, string)

// lying puts a liar between a self-test and a server.
func lying(t *testing.T, server string, lie liar) string {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(resp *http.Response) error {
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		status, text := lie(resp.Request, resp.StatusCode, string(body))
		resp.StatusCode, resp.Body, resp.ContentLength = status, io.NopCloser(bytes.NewReader([]byte(text))), int64(len(text))
		resp.Header.Del("Content-Length")
		return nil
	}
	between := httptest.NewServer(proxy)
	t.Cleanup(between.Close)
	return between.URL
}

// on lies about one kind of call.
func on(method, suffix string, lie func(status int, body string) (int, string)) liar {
	return func(r *http.Request, status int, body string) (int, string) {
		if r.Method == method && strings.HasSuffix(strings.TrimRight(r.URL.Path, "/"), suffix) {
			return lie(status, body)
		}
		return status, body
	}
}

// replacing puts one text in another's place.
func replacing(old, new string) func(int, string) (int, string) {
	return func(status int, body string) (int, string) { return status, strings.ReplaceAll(body, old, new) }
}

// accepting answers 200 to what is refused, with a body that fits.
func accepting(refused int, body string) func(int, string) (int, string) {
	return func(status int, was string) (int, string) {
		if status == refused {
			return http.StatusOK, body
		}
		return status, was
	}
}

// TestALieIsFoundOut: each check fails on a server that does not do what it is for.
func TestALieIsFoundOut(t *testing.T) {
	t.Parallel()
	server := apptest.Start(t, apptest.Settings(t))
	firstJob := func() liar { // hands out the first job again and again
		var mu sync.Mutex
		var first string
		return on("GET", "/poll", func(status int, body string) (int, string) {
			mu.Lock()
			defer mu.Unlock()
			if first == "" && !strings.Contains(body, `"jobs":[]`) {
				first = body
			}
			if first != "" {
				return status, first
			}
			return status, body
		})
	}
	results := 0
	for name, c := range map[string]struct {
		check string // that has to fail
		lie   liar
	}{
		"the source is another":   {"created, claimed", on("GET", "/download", replacing("special", "secret."))},
		"the result is not kept":  {"created, claimed", on("GET", "/status", replacing(`"content":"The text`, `"content":"Some text`))},
		"a range is not honoured": {"where it broke off", on("GET", "/download", func(status int, body string) (int, string) { return min(status, 200), body })},
		"a poll is not woken":     {"woken by a new job", on("GET", "/poll", func(status int, _ string) (int, string) { return status, `{"jobs":[]}` })},
		"a poll without a job makes one up": {"answered empty", on("GET", "/poll", func(status int, _ string) (int, string) {
			return status, `{"job_id":"x","jobs":[{"job_id":"x"}],"attempt":1,"source_file_url":"/","lease_seconds":15}`
		})},
		"a job is handed out twice":   {"same job", firstJob()},
		"an error is available again": {"after a backoff", on("GET", "", replacing(`"available_at":"2`, `"available_at":"1`))},
		"an error is final":           {"after a backoff", on("PUT", "/result", replacing("pending", "failed"))},
		"a retry counts on":           {"a manual retry", on("POST", "/retry", replacing(`"retry_count":0`, `"retry_count":1`))},
		"a release counts":            {"uncounted", on("POST", "/release", replacing(`"retry_count":0`, `"retry_count":1`))},
		"a cancel is not told":        {"cancel reaches", on("POST", "/heartbeat", replacing(`"cancel":true`, `"cancel":false`))},
		"a stale result is taken":     {"stale attempts", on("PUT", "/result", accepting(409, `{"status":"completed","ingestion_continued":false}`))},
		"a stranger's beat is heard":  {"stale attempts", on("POST", "/heartbeat", accepting(409, `{"status":"processing"}`))},
		"the second answer differs": {"same answer", on("PUT", "/result", func(status int, body string) (int, string) {
			if results++; results%2 == 0 {
				return 409, `{"detail":"it is there already"}`
			}
			return status, body
		})},
		"a drained worker is not shown":     {"drained worker", on("GET", "/workers", replacing(`"drained":true`, `"drained":false`))},
		"a text is not found":               {"found, read and deleted", on("POST", "/search", func(status int, _ string) (int, string) { return status, `{"results":[]}` })},
		"a document is not deleted":         {"found, read and deleted", on("GET", "-text", accepting(404, `{"document_id":"x"}`))},
		"a filter is left out":              {"filters", on("POST", "/search", accepting(422, `{"results":[]}`))},
		"a duplicate is not told":           {"is a duplicate", on("GET", "", replacing(`"duplicate":true`, `"duplicate":false`))},
		"a document is replaced by anybody": {"replaced only", on("POST", "/file", accepting(409, `{"task_id":"x","document_id":"x"}`))},
		"a conversion is empty":             {"while the caller waits", on("POST", "/process", replacing("zq", ""))},
		"a slash redirects":                 {"trailing slash", on("GET", "/tasks", func(int, string) (int, string) { return 307, "" })},
		"an error is a page":                {"one sentence", on("GET", "/nothing", func(status int, _ string) (int, string) { return status, "<html>no</html>" })},
		"an error is a stack":               {"one sentence", on("GET", "/nothing", replacing("there", `there\n\tserver.go:12`))},
		"it is not ready":                   {"readiness", on("GET", "/ready", func(int, string) (int, string) { return 503, `{"status":"not ready","parts":{"jobs":"no room"}}` })},
		"statistics are empty":              {"statistics", on("GET", "/statistics", func(status int, _ string) (int, string) { return status, `{}` })},
	} {
		t.Run(name, func(t *testing.T) {
			if c := single(t, lying(t, server.URL, c.lie), "", c.check); c.Result != Failed || c.Detail == "" {
				t.Errorf("%+v, want a failure that says why", c)
			}
		})
	}
}

// TestWhatStaysBehindIsSaid: a server that only says that it has deleted something.
func TestWhatStaysBehindIsSaid(t *testing.T) {
	t.Parallel()
	server := apptest.Start(t, apptest.Settings(t))
	to, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(to)
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete && strings.Contains(r.URL.Path, "/documents/") {
			_, _ = io.WriteString(w, `{}`)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(between.Close)
	report, err := Run(t.Context(), Config{Server: between.URL, Test: API, UserAgent: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if c := made(t, report, "is removed"); c.Result != Failed || !strings.Contains(c.Detail, "still there") {
		t.Errorf("%+v", c)
	}
}
