package api

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/google/uuid"

	"morag/internal/content"
)

// Route is one row of the table: what the server answers.
type Route struct {
	Method string
	Path   string // a pattern of net/http
	serve  func(w http.ResponseWriter, r *http.Request) error
}

func (s *Server) routes() []Route {
	const jobs, v1 = "/api/v1/remote-jobs", "/api/v1"
	return []Route{
		{"GET", "/{$}", s.root},
		{"GET", "/health", s.health},
		{"GET", "/health/ready", s.ready},
		{"GET", "/metrics", s.metrics},

		{"POST", jobs, s.createJob},
		{"GET", jobs, s.listJobs},
		{"GET", jobs + "/poll", s.poll},
		{"GET", jobs + "/statistics", s.jobStatistics},
		{"POST", jobs + "/cleanup", s.cleanupJobs},
		{"GET", jobs + "/{id}", s.showJob},
		{"GET", jobs + "/{id}/status", s.jobStatus},
		{"GET", jobs + "/{id}/download", s.download},
		{"PUT", jobs + "/{id}/result", s.result},
		{"POST", jobs + "/{id}/heartbeat", s.heartbeat},
		{"POST", jobs + "/{id}/release", s.release},
		{"POST", jobs + "/{id}/cancel", s.cancelJob},
		{"POST", jobs + "/{id}/retry", s.retryJob},
		{"POST", jobs + "/{id}/reassign", s.reassignJob},
		{"GET", v1 + "/workers", s.listWorkers},
		{"POST", v1 + "/workers/{id}/drain", s.drainWorker},
		{"POST", v1 + "/workers/{id}/resume", s.resumeWorker},
		{"POST", v1 + "/admin/cleanup", s.cleanupAll},

		{"POST", v1 + "/ingest/file", s.ingestFile},
		{"POST", v1 + "/ingest/url", s.ingestURL},
		{"POST", v1 + "/ingest/batch", s.ingestBatch},
		{"DELETE", v1 + "/ingest/{id}", s.revoke},
		{"POST", v1 + "/process", s.process},
		{"GET", v1 + "/status", s.activeTasks},
		{"GET", v1 + "/status/stats/queues", s.queueStats},
		{"GET", v1 + "/status/{id}", s.taskStatus},
		{"GET", v1 + "/tasks", s.listTasks},
		{"POST", v1 + "/tasks/{id}/retry", s.retryTask},
		{"POST", v1 + "/tasks/{id}/redeliver", s.redeliver},

		{"POST", "/process/file", s.processFile},
		{"POST", "/process/url", s.processURL("")},
		{"POST", "/process/web", s.processURL(content.Web)},
		{"POST", "/process/youtube", s.processURL(content.YouTube)},
		{"POST", "/process/batch", s.processBatch},

		{"POST", "/search", s.search},
		{"POST", v1 + "/search", s.search},
		{"GET", v1 + "/documents", s.listDocuments},
		{"GET", v1 + "/documents/{id}", s.showDocument},
		{"GET", v1 + "/documents/{id}/content", s.documentContent},
		{"GET", v1 + "/documents/{id}/chunks", s.documentChunks},
		{"GET", v1 + "/documents/{id}/source", s.documentSource},
		{"DELETE", v1 + "/documents/{id}", s.deleteDocument},
	}
}

// handle serves one route: errors become answers in one place, and a panic ends one
// request, not the process.
func (s *Server) handle(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
		err := route.serve(w, r)
		if err == nil {
			return
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
