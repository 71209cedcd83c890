// Package qdranttest is a server that speaks as much of Qdrant's HTTP API as package qdrant does,
// and compares every vector. It stands in for a real one, which tests cannot have.
package qdranttest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Key is what requests must have as api-key.
const Key = "a key of tests"

// Server is the stand-in.
type Server struct {
	URL string // qdrant://HOST:PORT

	mu          sync.Mutex
	collections map[string]*collection // guarded by mu
	down        bool                   // likewise
}

type collection struct {
	size   int
	points map[uint64]point
}

type point struct {
	ID      uint64
	Vector  []float32
	Payload struct {
		Version int64  `json:"version"`
		Owner   string `json:"owner"`
	}
}

// Start starts one that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{collections: map[string]*collection{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /collections/{name}/exists", s.answer(s.exists))
	mux.HandleFunc("PUT /collections/{name}", s.answer(s.create))
	mux.HandleFunc("DELETE /collections/{name}", s.answer(s.remove))
	mux.HandleFunc("PUT /collections/{name}/index", s.answer(s.with(func(*collection, *http.Request) (any, error) { return true, nil })))
	mux.HandleFunc("PUT /collections/{name}/points", s.answer(s.with(put)))
	mux.HandleFunc("POST /collections/{name}/points/delete", s.answer(s.with(removePoints)))
	mux.HandleFunc("POST /collections/{name}/points/query", s.answer(s.with(query)))
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	s.URL = "qdrant://" + strings.TrimPrefix(web.URL, "http://")
	return s
}

// Down has it answer 503 from now on, or no longer.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Forget loses everything.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.collections)
}

// Points is how many points there are.
func (s *Server) Points() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.collections {
		n += len(c.points)
	}
	return n
}

// refusal is an answer other than 200.
type refusal struct {
	status int
	why    string
}

func (r refusal) Error() string { return r.why }

func (s *Server) answer(fn func(r *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		var result any
		var err error
		switch {
		case s.down:
			err = refusal{http.StatusServiceUnavailable, "starting"}
		case r.Header.Get("api-key") != Key:
			err = refusal{http.StatusUnauthorized, "Invalid API key or JWT"}
		case r.ContentLength > 32<<20:
			err = refusal{http.StatusRequestEntityTooLarge, "Payload too large"}
		default:
			result, err = fn(r)
		}
		w.Header().Set("Content-Type", "application/json")
		if err == nil {
			_ = json.NewEncoder(w).Encode(map[string]any{"result": result, "status": "ok", "time": 0.001})
			return
		}
		status := http.StatusBadRequest
		if r, ok := err.(refusal); ok {
			status = r.status
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"status": map[string]any{"error": err.Error()}, "time": 0.001})
	}
}

// with has fn called with the collection of the path.
func (s *Server) with(fn func(c *collection, r *http.Request) (any, error)) func(r *http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		c := s.collections[r.PathValue("name")]
		if c == nil {
			return nil, refusal{http.StatusNotFound, fmt.Sprintf("Not found: Collection `%s` doesn't exist!", r.PathValue("name"))}
		}
		return fn(c, r)
	}
}

func (s *Server) exists(r *http.Request) (any, error) {
	return map[string]bool{"exists": s.collections[r.PathValue("name")] != nil}, nil
}

func (s *Server) create(r *http.Request) (any, error) {
	var in struct {
		Vectors struct {
			Size     int
			Distance string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	if in.Vectors.Distance != "Dot" || in.Vectors.Size < 1 || in.Vectors.Size > 65536 {
		return nil, refusal{http.StatusUnprocessableEntity, "Validation error"}
	}
	name := r.PathValue("name")
	if s.collections[name] != nil {
		return nil, refusal{http.StatusConflict, fmt.Sprintf("Wrong input: Collection `%s` already exists!", name)}
	}
	s.collections[name] = &collection{size: in.Vectors.Size, points: map[uint64]point{}}
	return true, nil
}

func (s *Server) remove(r *http.Request) (any, error) {
	name := r.PathValue("name")
	there := s.collections[name] != nil
	delete(s.collections, name)
	return there, nil
}

func put(c *collection, r *http.Request) (any, error) {
	var in struct{ Points []point }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	for _, p := range in.Points {
		if len(p.Vector) != c.size {
			return nil, refusal{http.StatusBadRequest, fmt.Sprintf("Wrong input: Vector dimension error: expected dim: %d, got %d", c.size, len(p.Vector))}
		}
		c.points[p.ID] = p
	}
	return map[string]any{"operation_id": 1, "status": "completed"}, nil
}

func removePoints(c *collection, r *http.Request) (any, error) {
	var in struct{ Points []uint64 }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	for _, id := range in.Points {
		delete(c.points, id)
	}
	return map[string]any{"operation_id": 1, "status": "completed"}, nil
}

// condition is one of a filter.
type condition struct {
	Key   string
	Match struct {
		Value *string
		Any   []int64
	}
}

func (c condition) holds(p point) bool {
	if c.Key == "owner" {
		return c.Match.Value != nil && *c.Match.Value == p.Payload.Owner
	}
	return slices.Contains(c.Match.Any, p.Payload.Version)
}

func query(c *collection, r *http.Request) (any, error) {
	var in struct {
		Query  []float32
		Limit  int
		Filter struct{ Must []condition }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	if len(in.Query) != c.size || in.Limit < 1 {
		return nil, refusal{http.StatusBadRequest, "Wrong input: Vector dimension error"}
	}
	type scored struct {
		ID      uint64  `json:"id"`
		Score   float64 `json:"score"`
		Payload any     `json:"payload"`
	}
	all := []scored{}
	for _, p := range c.points {
		if slices.ContainsFunc(in.Filter.Must, func(c condition) bool { return !c.holds(p) }) {
			continue
		}
		one := scored{ID: p.ID, Payload: map[string]any{"version": p.Payload.Version}}
		for i, x := range p.Vector {
			one.Score += float64(x) * float64(in.Query[i])
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID)) })
	return map[string]any{"points": all[:min(in.Limit, len(all))]}, nil
}
