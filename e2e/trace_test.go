package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"morag/internal/program"
)

// TestTraceFollowsAnIngestion: a receiver of OpenTelemetry sees one trace of an ingestion,
// from the command through the server and the worker and back, to the webhook.
func TestTraceFollowsAnIngestion(t *testing.T) {
	t.Parallel()
	r := collect(t)
	told := make(chan string, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told <- r.Header.Get("Traceparent") }))
	t.Cleanup(hook.Close)
	dir := t.TempDir()
	url := r.serve(t, dir)
	r.work(t, url)
	note := filepath.Join(dir, "note.txt")
	if err := os.WriteFile(note, []byte("The heron fishes at dawn."), 0o600); err != nil {
		t.Fatal(err)
	}
	client := r.start(t, dir, "client", "ingest", note, "--remote", "--wait", "--server", url, "--webhook-url", hook.URL)
	<-client.Done()
	if err := client.Err(); err != nil {
		t.Fatalf("%v: %s", err, client.LogTail(2000))
	}

	// Each below the one that is named after it.
	want := []string{
		"morag-client: morag ingest < ",
		"morag-server: POST /api/v1/ingest/file < morag ingest",
		"morag-server: task < POST /api/v1/ingest/file",
		"morag-server: job < task",
		"morag-worker: work < task",
		"morag-worker: download < work",
		"morag-server: GET /api/v1/remote-jobs/{id}/download < download",
		"morag-worker: convert < work",
		"morag-server: PUT /api/v1/remote-jobs/{id}/result < work",
		"morag-server: chunk < task",
		"morag-server: embed < task",
		"morag-server: index < task",
		"morag-server: webhook < POST /api/v1/ingest/file",
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("of one trace came %v", r.trace("morag ingest"))
		}
	})
	eventually(t, stepTime, "all spans", func() bool {
		seen := r.trace("morag ingest")
		for _, span := range want {
			if seen[span] == 0 {
				return false
			}
		}
		return true
	})
	if got := <-told; !strings.Contains(got, r.id("morag ingest")) {
		t.Errorf("the webhook's traceparent is %q", got)
	}
}

// collector takes spans as OpenTelemetry's collector does.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	spans []span
}

type span struct {
	service string
	*otlp.Span
}

func collect(t *testing.T) *collector {
	t.Helper()
	r := &collector{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		var data otlp.TracesData
		if err == nil {
			err = proto.Unmarshal(body, &data)
		}
		if err != nil || req.URL.Path != "/v1/traces" || req.Header.Get("X-Tenant") != "a b" {
			t.Errorf("%s with %v: %v", req.URL, req.Header, err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		r.add(&data)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *collector) add(data *otlp.TracesData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, of := range data.ResourceSpans {
		service := ""
		for _, a := range of.Resource.Attributes {
			if a.Key == "service.name" {
				service = a.Value.GetStringValue()
			}
		}
		for _, scope := range of.ScopeSpans {
			for _, s := range scope.Spans {
				r.spans = append(r.spans, span{service, s})
			}
		}
	}
}

// id is the trace of the span of that name, in hex.
func (r *collector) id(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.spans {
		if s.Name == name {
			return fmt.Sprintf("%x", s.TraceId)
		}
	}
	return ""
}

// trace counts the spans of the trace that has one of that name, as "service: name < parent".
func (r *collector) trace(name string) map[string]int {
	id := r.id(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	names, seen := map[string]string{}, map[string]int{}
	for _, s := range r.spans {
		names[string(s.SpanId)] = s.Name
	}
	for _, s := range r.spans {
		if fmt.Sprintf("%x", s.TraceId) == id {
			seen[s.service+": "+s.Name+" < "+names[string(s.ParentSpanId)]]++
		}
	}
	return seen
}

func (r *collector) config(dir, log string, args ...string) program.Config {
	return program.Config{Path: binary, Dir: dir, Log: filepath.Join(dir, log), Args: args, Env: []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + r.URL, "OTEL_EXPORTER_OTLP_HEADERS=x-tenant=a%20b", "OTEL_BSP_SCHEDULE_DELAY=100",
	}}
}

func (r *collector) start(t *testing.T, dir, log string, args ...string) *program.Child {
	t.Helper()
	child, err := program.Start(r.config(dir, log, args...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		child.Kill()
		if t.Failed() {
			t.Logf("log of %s:\n%s", log, child.LogTail(20_000))
		}
	})
	return child
}

// serve starts a server whose documents workers convert, and returns its address.
func (r *collector) serve(t *testing.T, dir string) string {
	t.Helper()
	c := r.config(dir, "server", "--addr", "127.0.0.1:0", "--data-dir", filepath.Join(dir, "data"), "--temp-dir", dir,
		"--remote-conversion-enabled", "--remote-content-types", "document", "--allow-private-urls", "127.0.0.0/8")
	child, url, err := program.StartServer(t.Context(), c, filepath.Join(dir, "addr"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		child.Kill()
		if t.Failed() {
			t.Logf("log of the server:\n%s", child.LogTail(20_000))
		}
	})
	return url
}

func (r *collector) work(t *testing.T, url string) {
	t.Helper()
	dir := t.TempDir()
	r.start(t, dir, "worker", "worker", "--api-base-url", url, "--worker-id", "traced", "--content-types", "document", "--temp-dir", dir)
}
