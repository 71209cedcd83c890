package api

import (
	"context"
	"net/http"

	"morag/internal/wire"
)

func (s *Server) root(context.Context, *call, none) (wire.Root, error) {
	return wire.Root{Message: "MoRAG API", Version: s.Version}, nil
}

func (s *Server) health(context.Context, *call, none) (wire.Health, error) {
	return wire.Health{Status: "healthy", Version: s.Version}, nil
}

// ready tells whether every part can serve. The sentence says no more than which
// part and why, in the words of its sentinel.
func (s *Server) ready(w http.ResponseWriter, r *http.Request, _ none) error {
	state := wire.Ready{Status: "ready", Parts: map[string]string{}}
	status := http.StatusOK
	for name, check := range s.Ready {
		state.Parts[name] = "ready"
		if err := check(r.Context()); err != nil {
			status, state.Status = http.StatusServiceUnavailable, "not ready"
			state.Parts[name] = "not ready"
			if p := answer(err); p != nil {
				state.Parts[name] = p.Detail
			}
			w.Header().Set("Retry-After", "5")
		}
	}
	return writeJSON(w, status, state)
}

func (s *Server) metrics(w http.ResponseWriter, r *http.Request, _ none) error {
	s.Metrics.ServeHTTP(w, r)
	return nil
}
