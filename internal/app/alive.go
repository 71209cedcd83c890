package app

import (
	"context"
	"net/http"
)

// alive is whether the server answers: it is asked for its health, past the network, where
// others may have taken all connections. A server that waits for its database or disk is
// alive, since a new start would wait for the same.
func (s *Server) alive(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "/health", nil)
	if err != nil {
		return false
	}
	req.Host = "localhost" // no page of a foreign name, which are refused
	answer := &statusOnly{header: make(http.Header)}
	s.http.Handler.ServeHTTP(answer, req)
	return answer.status == http.StatusOK
}

// statusOnly is an answer of which nothing but the status is kept.
type statusOnly struct {
	header http.Header
	status int
}

func (a *statusOnly) Header() http.Header { return a.header }

func (a *statusOnly) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *statusOnly) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(p), nil
}
