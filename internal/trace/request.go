package trace

import (
	"fmt"
	"net/http"
	"strings"

	otel "go.opentelemetry.io/otel/trace"
)

// Requests makes a span of every request that next answers, below the one that the request
// names. The pattern that a [http.ServeMux] in it finds is its name; it must be found in the
// request itself and not in a copy. Polls, heartbeats, and what looks whether the server
// lives make none: there are many, and they tell nothing.
func (t *Tracer) Requests(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if dull(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		ctx, span := t.start(Continue(r.Context(), r.Header.Get(Header)), "request", otel.SpanKindServer, nil)
		status := &statusWriter{ResponseWriter: w}
		*r = *r.WithContext(ctx) // in place, for its pattern
		defer func() {
			method, route := methodOf(r)
			span.of.SetName(strings.TrimSpace(method + " " + route))
			span.Set("http.request.method", method, "http.route", route, "http.response.status_code", status.status)
			var err error
			if status.status >= 500 {
				err = fmt.Errorf("answered %d", status.status)
			}
			span.End(err)
		}()
		next.ServeHTTP(status, r)
		if status.status == 0 {
			status.status = http.StatusOK // as net/http answers for it
		}
	})
}

func dull(path string) bool {
	if strings.HasPrefix(path, "/health") || strings.HasPrefix(path, "/ui/asset/") || path == "/metrics" || path == "/favicon.ico" {
		return true
	}
	path = strings.TrimRight(path, "/")
	return strings.HasSuffix(path, "/remote-jobs/poll") || strings.HasSuffix(path, "/heartbeat")
}

// methodOf is the method and the route, as far as the server knows them.
func methodOf(r *http.Request) (method, route string) {
	method, route, found := strings.Cut(r.Pattern, " ")
	if !found {
		return "_OTHER", r.Pattern
	}
	if r.Method == http.MethodHead {
		method = r.Method
	}
	return method, route
}

// statusWriter remembers how a request was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// Unwrap lets http.ResponseController find what the writer can do.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}
