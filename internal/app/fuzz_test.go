package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/wire"
)

// fuzzPaths are the paths a stranger would try, {id} standing for what the fuzzer makes.
var fuzzPaths = []string{
	"/", "/health", "/health/ready", "/metrics", "/search", "/nothing/here",
	"/api/v1/remote-jobs", "/api/v1/remote-jobs/poll", "/api/v1/remote-jobs/statistics", "/api/v1/remote-jobs/cleanup",
	"/api/v1/remote-jobs/{id}", "/api/v1/remote-jobs/{id}/status", "/api/v1/remote-jobs/{id}/download", "/api/v1/remote-jobs/{id}/result",
	"/api/v1/remote-jobs/{id}/heartbeat", "/api/v1/remote-jobs/{id}/release", "/api/v1/remote-jobs/{id}/cancel",
	"/api/v1/remote-jobs/{id}/retry", "/api/v1/remote-jobs/{id}/reassign",
	"/api/v1/workers", "/api/v1/workers/{id}/drain", "/api/v1/workers/{id}/resume", "/api/v1/admin/cleanup",
	"/api/v1/ingest/file", "/api/v1/ingest/url", "/api/v1/ingest/batch", "/api/v1/ingest/{id}", "/api/v1/process",
	"/process/file", "/process/url", "/process/web", "/process/youtube", "/process/batch",
	"/api/v1/status", "/api/v1/status/stats/queues", "/api/v1/status/{id}", "/api/v1/tasks", "/api/v1/tasks/{id}/retry", "/api/v1/tasks/{id}/redeliver",
	"/api/v1/search", "/api/v1/documents", "/api/v1/documents/{id}", "/api/v1/documents/{id}/content",
	"/api/v1/documents/{id}/chunks", "/api/v1/documents/{id}/source",
}

var fuzzTypes = []string{
	"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/form-data", "text/plain", "\x00", "",
}

// FuzzServer throws requests at the whole server: whatever comes, it answers with a
// status that says whose fault it is, and goes on.
func FuzzServer(f *testing.F) {
	settings := apptest.Settings(f)
	settings.SourceDirs = []string{f.TempDir()}
	if err := os.WriteFile(filepath.Join(settings.SourceDirs[0], "a"), []byte("ID3"), 0o600); err != nil {
		f.Fatal(err)
	}
	s := apptest.Start(f, settings)
	form := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nHello.\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"request_data\"\r\n\r\n{\"mode\":\"convert\",\"source_type\":\"file\"}\r\n--b--\r\n"
	for i := range fuzzPaths {
		f.Add(byte(i), byte(i%5), byte(0), "x", "limit=1&wait=0&worker_id=w&content_types=audio", []byte(`{"a":1}`))
	}
	f.Add(byte(6), byte(1), byte(0), "", "", []byte(`{"source_file_path":"../../etc/passwd","content_type":"audio","ingestion_task_id":"t"}`))
	f.Add(byte(23), byte(1), byte(2), "", "", []byte(form))
	f.Add(byte(27), byte(1), byte(2), "", "", []byte(form))
	f.Add(byte(24), byte(1), byte(0), "", "", []byte(`{"url":"http://169.254.169.254/latest/meta-data/"}`))
	f.Add(byte(25), byte(1), byte(0), "", "", []byte(`{"items":[{"url":"file:///etc/passwd"}]}`))
	f.Add(byte(4), byte(1), byte(0), "", "", []byte(`{"query":"a","filters":{"x":{"gte":1}}}`))
	f.Add(byte(11), byte(1), byte(0), "..%2f..%2fetc%2fpasswd", "token=x", []byte(nil))
	f.Fuzz(func(t *testing.T, path, method, contentType byte, id, query string, body []byte) {
		if len(body) > 64<<10 || len(query) > 4<<10 || len(id) > 1<<10 {
			return // larger than what finds anything new
		}
		at := s.URL + strings.ReplaceAll(fuzzPaths[int(path)%len(fuzzPaths)], "{id}", url.PathEscape(id))
		if values, err := url.ParseQuery(query); err == nil {
			values.Set("wait", "0") // nobody has the time
			query = values.Encode()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		methods := []string{"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"}
		r, err := http.NewRequestWithContext(ctx, methods[int(method)%len(methods)], at+"?"+url.PathEscape(query), bytes.NewReader(body))
		if err != nil {
			return // no request that could be sent
		}
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", fuzzTypes[int(contentType)%len(fuzzTypes)])
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			var refused *url.Error
			if errors.As(err, &refused) && (strings.Contains(err.Error(), "invalid") || strings.Contains(err.Error(), "control character")) {
				return // no request that could be sent
			}
			t.Fatalf("%s %s: %v", r.Method, at, err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Header.Get("Content-Type") == "text/plain; charset=utf-8" && resp.Close {
			return // no HTTP: net/http answers that itself
		}
		if resp.StatusCode >= 500 && resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s %s?%s %q: %s %s", r.Method, r.URL.Path, query, body, resp.Status, answer)
		}
		if resp.StatusCode >= 400 && r.Method != http.MethodHead {
			var problem wire.Error
			if json.Unmarshal(answer, &problem) != nil || problem.Detail == "" || strings.Contains(problem.Detail, settings.DataDir) {
				t.Errorf("%s %s: %s is no error of ours: %s", r.Method, r.URL.Path, resp.Status, answer)
			}
		}
	})
}
