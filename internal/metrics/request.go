package metrics

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// requests are the figures of what is asked for over HTTP.
type requests struct {
	total    *prometheus.CounterVec
	took     *prometheus.HistogramVec
	in, out  *prometheus.CounterVec
	underWay prometheus.Gauge
}

func newRequests(f factory) requests {
	return requests{
		total: f.counter("morag_http_requests_total", "HTTP requests that are over, by the pattern of their route (none: no such path), method and status.",
			"route", "method", "status"),
		took: f.histogram("morag_http_request_seconds", "Time of an HTTP request, until its answer was written.",
			[]float64{0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120}, "route", "method"),
		in:       f.counter("morag_http_received_bytes_total", "Bytes of the bodies of HTTP requests.", "route", "method"),
		out:      f.counter("morag_http_sent_bytes_total", "Bytes of the bodies of HTTP answers.", "route", "method"),
		underWay: f.gauge("morag_http_requests_under_way", "HTTP requests that are being answered, polls that wait included."),
	}
}

// Requests counts and measures what next answers. The pattern that a [http.ServeMux] in it
// finds is the route; it must be found in the request itself and not in a copy.
func (m *Metrics) Requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, began := &exchange{ResponseWriter: w}, m.now()
		if r.Body != nil && r.Body != http.NoBody {
			e.body, r.Body = r.Body, e
		}
		m.requests.underWay.Inc()
		defer func() { m.requests.observe(e, r, m.now().Sub(began)) }()
		next.ServeHTTP(e, r)
		e.whole = true
	})
}

func (s *requests) observe(e *exchange, r *http.Request, took time.Duration) {
	route, method := routeLabel(r.Pattern), methodLabel(r.Method)
	s.underWay.Dec()
	s.total.WithLabelValues(route, method, e.statusLabel()).Inc()
	s.took.WithLabelValues(route, method).Observe(took.Seconds())
	s.in.WithLabelValues(route, method).Add(float64(e.in))
	s.out.WithLabelValues(route, method).Add(float64(e.out))
}

// routeLabel is the path of a pattern, which is of a table.
func routeLabel(pattern string) string {
	if _, path, found := strings.Cut(pattern, " "); found {
		return path
	}
	if pattern == "" {
		return "none"
	}
	return pattern
}

// methodLabel bounds what anybody may write.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// exchange is a request and its answer: what was written, and what was read of the body. It
// is one value, since thousands of polls wait.
type exchange struct {
	http.ResponseWriter
	body    io.ReadCloser
	in, out int64
	status  int
	whole   bool // the handler has returned
}

// Unwrap lets http.ResponseController find what the writer can do.
func (e *exchange) Unwrap() http.ResponseWriter { return e.ResponseWriter }

func (e *exchange) WriteHeader(status int) {
	if e.status == 0 && status >= 200 {
		e.status = status
	}
	e.ResponseWriter.WriteHeader(status)
}

func (e *exchange) Write(p []byte) (int, error) {
	if e.status == 0 {
		e.status = http.StatusOK
	}
	n, err := e.ResponseWriter.Write(p)
	e.out += int64(n)
	return n, err
}

func (e *exchange) Read(p []byte) (int, error) {
	n, err := e.body.Read(p)
	e.in += int64(n)
	return n, err
}

func (e *exchange) Close() error { return e.body.Close() }

// statusLabel is the status of the answer, or "aborted" when the handler gave up.
func (e *exchange) statusLabel() string {
	switch {
	case e.status != 0:
		return strconv.Itoa(e.status)
	case e.whole:
		return "200" // as net/http answers for it
	}
	return "aborted"
}
