package app

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"morag/internal/task"
)

// does tells whether the server has a role; one that shares nothing has all.
func (s *Server) does(role string) bool { return !s.stores.shared || s.set.Does(role) }

// runners is how many tasks the server runs at a time, negative for none.
func (s *Server) runners() int {
	if !s.does("ingest") {
		return -1
	}
	return s.set.Runners
}

// tasksAgain is how long after a loss of the shared database tasks are looked for again.
const tasksAgain = time.Second

// runTasks runs tasks until ctx ends. Where the database is shared it may be away, at the
// start, too.
func (s *Server) runTasks(ctx context.Context) error {
	for {
		err := s.ingest.Run(ctx)
		if err == nil || !s.stores.shared || !errors.Is(err, task.ErrUnavailable) {
			return err
		}
		s.log.Warn("tasks cannot be looked for, which is tried again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(tasksAgain):
		}
	}
}

// onlyHealth is the handler of a server that is not to be asked: it says how it is, and
// sends everybody else to another.
func onlyHealth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" || strings.HasPrefix(r.URL.Path, "/health/") || r.URL.Path == "/metrics" {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"detail":"this server answers no requests: MORAG_ROLES is without api"}` + "\n"))
	})
}
