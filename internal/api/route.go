package api

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/google/uuid"

	"morag/internal/content"
)

// Route is one row of the table: what the server answers, and whom.
type Route struct {
	Method string
	Path   string // a pattern of net/http
	access access
	serve  func(w http.ResponseWriter, r *http.Request) error
}

func (s *Server) routes() []Route {
	const jobs, v1 = "/api/v1/remote-jobs", "/api/v1"
	return []Route{
		{"GET", "/{$}", open, s.root},
		{"GET", "/health", open, s.health},
		{"GET", "/health/ready", open, s.ready},
		{"GET", "/metrics", admin, s.metrics},

		{"POST", jobs, admin, s.createJob},
		{"GET", jobs, admin, s.listJobs},
		{"GET", jobs + "/poll", worker | waits, s.poll},
		{"GET", jobs + "/statistics", admin, s.jobStatistics},
		{"POST", jobs + "/cleanup", admin, s.cleanupJobs},
		{"GET", jobs + "/{id}", admin, s.showJob},
		{"GET", jobs + "/{id}/status", client | worker, s.jobStatus},
		{"GET", jobs + "/{id}/download", worker | token, s.download},
		{"PUT", jobs + "/{id}/result", worker, s.result},
		{"POST", jobs + "/{id}/heartbeat", worker, s.heartbeat},
		{"POST", jobs + "/{id}/release", worker, s.release},
		{"POST", jobs + "/{id}/cancel", admin, s.cancelJob},
		{"POST", jobs + "/{id}/retry", admin, s.retryJob},
		{"POST", jobs + "/{id}/reassign", admin, s.reassignJob},
		{"GET", v1 + "/workers", admin, s.listWorkers},
		{"POST", v1 + "/workers/{id}/drain", admin, s.drainWorker},
		{"POST", v1 + "/workers/{id}/resume", admin, s.resumeWorker},
		{"POST", v1 + "/admin/cleanup", admin, s.cleanupAll},

		{"POST", v1 + "/ingest/file", client, s.ingestFile},
		{"POST", v1 + "/ingest/url", client, s.ingestURL},
		{"POST", v1 + "/ingest/batch", client, s.ingestBatch},
		{"DELETE", v1 + "/ingest/{id}", client, s.revoke},
		{"POST", v1 + "/process", client, s.process},
		{"GET", v1 + "/status", client, s.activeTasks},
		{"GET", v1 + "/status/stats/queues", client, s.queueStats},
		{"GET", v1 + "/status/{id}", client, s.taskStatus},
		{"GET", v1 + "/tasks", client, s.listTasks},
		{"POST", v1 + "/tasks/{id}/retry", client, s.retryTask},
		{"POST", v1 + "/tasks/{id}/redeliver", client, s.redeliver},

		{"POST", "/process/file", client, s.processFile},
		{"POST", "/process/url", client, s.processURL("")},
		{"POST", "/process/web", client, s.processURL(content.Web)},
		{"POST", "/process/youtube", client, s.processURL(content.YouTube)},
		{"POST", "/process/batch", client, s.processBatch},

		{"POST", "/search", client, s.search},
		{"POST", v1 + "/search", client, s.search},
		{"GET", v1 + "/documents", client, s.listDocuments},
		{"GET", v1 + "/documents/{id}", client, s.showDocument},
		{"GET", v1 + "/documents/{id}/content", client, s.documentContent},
		{"GET", v1 + "/documents/{id}/chunks", client, s.documentChunks},
		{"GET", v1 + "/documents/{id}/source", client, s.documentSource},
		{"DELETE", v1 + "/documents/{id}", client, s.deleteDocument},
	}
}

// handle serves one route: who may call it is decided in one place, errors become
// answers in one place, and a panic ends one request, not the process. A request lasts
// no longer than its caller's key is good.
func (s *Server) handle(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := new(call)
		w = &statusWriter{w, c}
		defer func() { s.audit(route, r, c) }()
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			s.internal(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}()
		var err error
		c.caller, err = s.admit(route, r)
		ctx := withCall(r.Context(), c)
		if route.access&waits == 0 {
			bound, stop := c.caller.Bind(ctx)
			defer stop()
			ctx = bound
		}
		*r = *r.WithContext(ctx) // in place: a poll that waits keeps no second one
		if err == nil {
			err = route.serve(w, r)
		}
		if err == nil {
			return
		}
		if lost := standing(r); lost != nil {
			err = lost
		}
		if p := answer(err); p != nil {
			writeError(w, p)
			return
		}
		if r.Context().Err() != nil {
			return // nobody is there to be told
		}
		s.internal(w, r, err)
	})
}

// internal answers an error that the caller can do nothing about, with an id that
// the log has too.
func (s *Server) internal(w http.ResponseWriter, r *http.Request, err error) {
	id := uuid.NewString()
	s.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error_id", id, "err", err)
	writeError(w, problem(http.StatusInternalServerError, "internal error %s: the server's log has the cause", id))
}
