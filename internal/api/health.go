package api

import (
	"context"
	"net/http"
	"time"

	"morag/internal/wire"
)

func (s *Server) root(context.Context, *call, none) (wire.Root, error) {
	return wire.Root{Message: "MoRAG API", Version: s.Version}, nil
}

func (s *Server) health(context.Context, *call, none) (wire.Health, error) {
	return wire.Health{Status: "healthy", Version: s.Version}, nil
}

// ready tells whether every part can serve, and answers 503 when one cannot without which
// nothing can. The sentence says no more than which
// part and why, in the words of its sentinel.
func (s *Server) ready(w http.ResponseWriter, r *http.Request, _ none) error {
	state := wire.Ready{Status: "ready", Parts: map[string]string{}}
	status := http.StatusOK
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	for name, check := range s.Ready {
		var ready bool
		if state.Parts[name], ready = how(ctx, check); !ready {
			status, state.Status = http.StatusServiceUnavailable, "not ready"
			w.Header().Set("Retry-After", "5")
		}
	}
	for name, check := range s.Told {
		state.Parts[name], _ = how(ctx, check)
	}
	return writeJSON(w, status, state)
}

// readyTime is how long the parts may take to tell how they are.
const readyTime = 5 * time.Second

// how says how a part is.
func how(ctx context.Context, check func(context.Context) error) (state string, ready bool) {
	err := check(ctx)
	if err == nil {
		return "ready", true
	}
	if p := answer(err); p != nil {
		return p.Detail, false
	}
	return "not ready", false
}

func (s *Server) metrics(w http.ResponseWriter, r *http.Request, _ none) error {
	s.Metrics.ServeHTTP(w, r)
	return nil
}
