package trace_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"morag/internal/trace"
)

// collect opens a tracer whose spans, once it is closed, are what done returns; the first
// answers of the receiver are statuses.
func collect(t *testing.T, statuses ...int) (tracer *trace.Tracer, done func() []*otlp.Span) {
	t.Helper()
	var spans []*otlp.Span
	asked := atomic.Int64{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := int(asked.Add(1)); n <= len(statuses) {
			w.WriteHeader(statuses[n-1])
			return
		}
		var data otlp.TracesData
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = proto.Unmarshal(body, &data)
		}
		if err != nil || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%v, %v", r.Header, err)
		}
		for _, of := range data.ResourceSpans {
			for _, scope := range of.ScopeSpans {
				spans = append(spans, scope.Spans...)
			}
		}
	}))
	t.Cleanup(receiver.Close)
	tracer, err := trace.Open(t.Context(), trace.Config{Endpoint: receiver.URL, Service: "test", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return tracer, func() []*otlp.Span {
		if err := tracer.Close(context.WithoutCancel(t.Context())); err != nil && len(statuses) == 0 {
			t.Error(err)
		}
		return spans
	}
}

func TestSpansReachTheReceiver(t *testing.T) {
	tracer, done := collect(t)
	ctx, outer := tracer.Start(t.Context(), "outer", "text", "a", "number", 7, "none", "")
	parent := trace.Parent(ctx)
	_, inner := tracer.Start(trace.Continue(t.Context(), parent), "inner")
	inner.End(errors.New("it broke"))
	outer.End(nil)
	spans := done()
	if len(spans) != 2 || spans[0].Name != "inner" || spans[1].Name != "outer" {
		t.Fatalf("spans %v", spans)
	}
	if string(spans[0].ParentSpanId) != string(spans[1].SpanId) || string(spans[0].TraceId) != string(spans[1].TraceId) {
		t.Errorf("%v is not below %v", spans[0], spans[1])
	}
	if spans[0].Status.GetMessage() != "it broke" || spans[0].Status.GetCode() != otlp.Status_STATUS_CODE_ERROR || spans[1].Status.GetCode() == otlp.Status_STATUS_CODE_ERROR {
		t.Errorf("ended %v and %v", spans[0].Status, spans[1].Status)
	}
	if a := spans[1].Attributes; len(a) != 2 || a[0].Value.GetStringValue() != "a" || a[1].Value.GetIntValue() != 7 {
		t.Errorf("attributes %v", a)
	}
}

func TestReceiverThatIsBusyIsAskedAgain(t *testing.T) {
	for _, c := range []struct {
		status, want int
	}{{http.StatusServiceUnavailable, 1}, {http.StatusTooManyRequests, 1}, {http.StatusBadRequest, 0}, {http.StatusInternalServerError, 0}} {
		tracer, done := collect(t, c.status)
		_, span := tracer.Start(t.Context(), "one")
		span.End(nil)
		if got := len(done()); got != c.want {
			t.Errorf("after %d came %d spans, want %d", c.status, got, c.want)
		}
	}
}

func TestRequestsAreNamedByTheirRoute(t *testing.T) {
	tracer, done := collect(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /things/{id}", func(w http.ResponseWriter, r *http.Request) {
		if trace.Parent(r.Context()) == "" {
			t.Error("the handler is in no span")
		}
		if r.PathValue("id") == "bad" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	handler := tracer.Requests(mux)
	const parent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
	for _, path := range []string{"/things/good", "/health", "/metrics", "/api/v1/remote-jobs/poll", "/things/bad", "/nowhere"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("traceparent", parent)
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	var got []string
	for _, s := range done() {
		text := s.Name
		if s.Status.GetCode() == otlp.Status_STATUS_CODE_ERROR {
			text += " failed"
		}
		got = append(got, text)
		if !strings.Contains(parent, hex(s.TraceId)) || !strings.Contains(parent, hex(s.ParentSpanId)) {
			t.Errorf("%s is not below the caller's span", s.Name)
		}
	}
	if text := strings.Join(got, ", "); text != "GET /things/{id}, GET /things/{id} failed, _OTHER" {
		t.Errorf("spans %s", text)
	}
}

func hex(raw []byte) string {
	const digits = "0123456789abcdef"
	var text strings.Builder
	for _, b := range raw {
		text.WriteByte(digits[b>>4])
		text.WriteByte(digits[b&15])
	}
	return text.String()
}

func TestNoTracerDoesNothing(t *testing.T) {
	tracer, err := trace.Open(t.Context(), trace.Config{})
	if tracer != nil || err != nil {
		t.Fatalf("%v, %v", tracer, err)
	}
	ctx, span := tracer.Start(t.Context(), "none")
	span.Set("a", 1)
	span.End(errors.New("x"))
	if trace.Parent(ctx) != "" || tracer.Close(ctx) != nil {
		t.Error("there is a span")
	}
	for _, text := range []string{"", "x", "00-0-0-0", strings.Repeat("0", 1000), "00-00000000000000000000000000000000-0000000000000000-01"} {
		if got := trace.Parent(trace.Continue(t.Context(), text)); got != "" {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		env                     []string // names and values in turn
		endpoint, service, fail string
	}{
		"nothing":           {nil, "", "", ""},
		"of all signals":    {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/"}, "http://collector:4318/v1/traces", "part", ""},
		"of traces":         {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "x", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c/in"}, "https://c/in", "part", ""},
		"named":             {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_SERVICE_NAME", "mine"}, "http://c/v1/traces", "mine", ""},
		"disabled":          {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_SDK_DISABLED", "true"}, "", "", ""},
		"of no exporter":    {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_TRACES_EXPORTER", "none"}, "", "", ""},
		"no address":        {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"}, "", "", "OTEL_EXPORTER_OTLP_ENDPOINT must"},
		"another protocol":  {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}, "", "", "only http/protobuf"},
		"a broken header":   {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_EXPORTER_OTLP_HEADERS", "key"}, "", "", "OTEL_EXPORTER_OTLP_HEADERS must"},
		"a hostile header":  {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_EXPORTER_OTLP_HEADERS", "key=a%0d%0ab"}, "", "", "OTEL_EXPORTER_OTLP_HEADERS must"},
		"a header, escaped": {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_EXPORTER_OTLP_HEADERS", "key = a%20b,"}, "http://c/v1/traces", "part", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, known := range []string{"ENDPOINT", "TRACES_ENDPOINT", "HEADERS", "TRACES_HEADERS", "PROTOCOL", "TRACES_PROTOCOL"} {
				t.Setenv("OTEL_EXPORTER_OTLP_"+known, "")
			}
			t.Setenv("OTEL_SERVICE_NAME", "")
			for i := 0; i < len(c.env); i += 2 {
				t.Setenv(c.env[i], c.env[i+1])
			}
			got, err := trace.FromEnvironment(trace.Config{Service: "part"})
			if c.fail != "" {
				if err == nil || !strings.Contains(err.Error(), c.fail) {
					t.Errorf("error %v, want %s", err, c.fail)
				}
				return
			}
			if err != nil || got.Endpoint != c.endpoint || c.service != "" && got.Service != c.service {
				t.Errorf("%+v, %v", got, err)
			}
			if strings.Contains(name, "escaped") && got.Header.Get("Key") != "a b" {
				t.Errorf("headers %v", got.Header)
			}
		})
	}
}
