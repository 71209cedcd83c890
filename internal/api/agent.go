package api

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"morag/internal/wire"
)

// agents answers a message of an agent by the Model Context Protocol. What is refused is
// answered as everywhere.
func (s *Server) agents(w http.ResponseWriter, r *http.Request, _ none) error {
	if s.Agents == nil {
		return problem(http.StatusNotFound, wire.NoPath)
	}
	answer := &whole{header: http.Header{}, status: http.StatusOK}
	s.Agents.ServeHTTP(answer, r)
	switch said := strings.TrimSpace(answer.body.String()); {
	case answer.status == http.StatusRequestEntityTooLarge:
		return problem(http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB")
	case answer.status >= http.StatusInternalServerError:
		return errors.New(said)
	case answer.status >= http.StatusBadRequest:
		return malformed("%s", said)
	}
	w.Header().Set("Content-Type", answer.header.Get("Content-Type"))
	if answer.body.Len() == 0 {
		w.Header().Del("Content-Type")
	}
	w.WriteHeader(answer.status)
	_, _ = answer.body.WriteTo(w) // a caller that has left
	return nil
}

// whole is an answer that is looked at before it is sent.
type whole struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *whole) Header() http.Header         { return a.header }
func (a *whole) WriteHeader(status int)      { a.status = status }
func (a *whole) Write(p []byte) (int, error) { return a.body.Write(p) }
