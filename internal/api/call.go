package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"morag/internal/auth"
)

// call is what is known of a request besides what it says: who makes it, and what it
// turned out to be about.
type call struct {
	// misspelt are sentences about fields of the body, for the warnings of the answer.
	misspelt []string

	route  string // the method and the pattern of the row
	caller auth.Caller
	// session is what a browser has logged in by; the zero value for who sends a key.
	session auth.Login
	about   []any   // for the audit line, as slog has it
	status  int     // of the answer, 0 before there is one
	budget  *budget // nil for none
	made    func()  // tells that a large answer is made and only has to be written; nil for others
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(r *http.Request) *call {
	if c, ok := r.Context().Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

func callerOf(r *http.Request) auth.Caller { return callOf(r).caller }

// scope is what the caller may know of.
func (c *call) scope() auth.Scope { return c.caller.Scope() }

// noteForAudit says what a request has made or changed, as slog has it, for the audit line,
// which names what is in the path by itself.
func (c *call) noteForAudit(about ...any) { c.about = append(c.about, about...) }

// audited tells whether a route changes something that somebody may ask about later.
// A heartbeat only says that nothing has changed.
func (route Route) audited() bool {
	for _, asks := range []string{"/search", "/retrieval", "/heartbeat"} {
		if strings.HasSuffix(route.Path, asks) {
			return false
		}
	}
	return route.Method != http.MethodGet
}

// audit writes the line that says who has changed what, or has tried.
func (s *Server) audit(route Route, r *http.Request, c *call) {
	if !route.audited() && len(c.about) == 0 { // a poll has noted the jobs that it hands out
		return
	}
	about := []any{
		"key", c.caller.Name, "key_id", c.caller.KeyID, "role", string(c.caller.Role),
		"route", route.Method + " " + route.Path, "status", c.status, "remote", r.RemoteAddr,
	}
	if id := r.PathValue("id"); id != "" {
		about = append(about, named(route.Path), short(id))
	}
	s.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "audit", slog.Group("", append(about, c.about...)...))
}

// named is what the id in a path is called in the log.
func named(path string) string {
	for folder, name := range map[string]string{
		"/remote-jobs/": "job_id", "/documents/": "document_id", "/workers/": "worker_id", "/uploads/": "upload_id", "/vector_stores/": "vector_store_id", "/models/": "model",
		"/backups/": "backup_id",
	} {
		if strings.Contains(path, folder) {
			return name
		}
	}
	return "task_id"
}

// statusWriter remembers how a request was answered.
type statusWriter struct {
	http.ResponseWriter
	call *call
}

// Unwrap lets http.ResponseController find what the writer can do.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	if w.call.status == 0 && status >= 200 {
		w.call.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.call.status == 0 {
		w.call.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}
