package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/google/uuid"

	"morag/internal/convert"
)

// Route is one row of the table: what the server answers, whom, and what the documents
// that are made of the table say of it.
type Route struct {
	Method string
	Path   string // a pattern of net/http
	access access
	about  about
	serve  func(w http.ResponseWriter, r *http.Request) error
	// dialect is how the row tells of refusals; nil for as all others do.
	dialect dialect
}

// v1 is where most paths begin.
const v1 = "/api/v1"

// routes is the table, a group in a file each.
func (s *Server) routes() []Route {
	return slices.Concat(s.ingestRoutes(), s.taskRoutes(), s.documentRoutes(), s.foreignRoutes(), s.jobRoutes(), s.workerRoutes(), s.systemRoutes())
}

// handle serves one route: who may call it is decided in one place, errors become
// answers in one place, and a panic ends one request, not the process. A request lasts
// no longer than its caller's key is good.
func (s *Server) handle(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{route: route.Method + " " + route.Path, budget: s.budget}
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
			route.refuse(w, s.internal(r, fmt.Errorf("panic: %v\n%s", p, debug.Stack())))
		}()
		var err error
		c.caller, err = s.admit(route, r, c)
		ctx := withCall(r.Context(), c)
		if route.access&waits == 0 {
			bound, stop := c.caller.Bind(ctx)
			defer stop()
			ctx = bound
		}
		*r = *r.WithContext(ctx) // in place: a poll that waits keeps no second one
		if err == nil && route.access&intake != 0 && s.Room != nil {
			err = s.Room(max(r.ContentLength, 0))
		}
		if err == nil && route.access&large != 0 {
			var made func()
			if made, err = s.budget.making.take(r.Context(), c.caller.Name, "large answers"); err == nil {
				c.made = sync.OnceFunc(made)
				defer c.made()
			}
		}
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
			s.noteCause(c, err)
			route.refuse(w, p)
			return
		}
		if r.Context().Err() != nil {
			return // nobody is there to be told
		}
		route.refuse(w, s.internal(r, err))
	})
}

// refuse answers an error of a request that is in no handler any more.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := answer(err)
	if p == nil {
		p = s.internal(r, err)
	}
	writeError(w, p)
}

// internal is what is said of an error that the caller can do nothing about, with an id
// that the log has too.
func (s *Server) internal(r *http.Request, err error) *Problem {
	id := uuid.NewString()
	s.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error_id", id, "err", err)
	return problem(http.StatusInternalServerError, "internal error %s: the server's log has the cause", id)
}

// noteCause logs what a converter has not told the client: of a source that cannot be read
// it is its sender's to look at, anything else the operator's.
func (s *Server) noteCause(c *call, err error) {
	failure, ok := errors.AsType[*convert.Error](err)
	if !ok || failure.Cause == nil {
		return
	}
	level := slog.LevelWarn
	if errors.Is(err, convert.ErrBadSource) || errors.Is(err, convert.ErrUnsupported) {
		level = slog.LevelInfo
	}
	s.log.Log(context.Background(), level, "conversion failed", "route", c.route, "err", fmt.Errorf("%s: %w", failure.Message, failure.Cause))
}
