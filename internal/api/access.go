package api

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"morag/internal/auth"
)

// access says who may call a route, a bit each; an admin may call every one. While the
// server has no keys, anybody may.
type access uint8

const (
	open   access = 1 << iota // whoever comes, with a key or without
	client                    // whose key is a client's
	worker                    // whose key is a worker's
	admin                     // nobody else
	token                     // also who brings a token in the address, which the handler checks
	large                     // not who may call: its answer may take much memory, so that only few are made at a time
	intake                    // not who may call: it takes something new, which there may be no room for
	waits                     // not who may call: it minds by itself that its caller's key is good, since thousands wait
)

func (a access) takes(r auth.Role) bool {
	switch r {
	case auth.Admin:
		return true
	case auth.Client:
		return a&client != 0
	case auth.Worker:
		return a&worker != 0
	}
	return false
}

// whom names who may call, for a sentence.
func (a access) whom() string {
	names := []string{}
	for _, of := range []struct {
		bit  access
		role auth.Role
	}{{client, auth.Client}, {worker, auth.Worker}} {
		if a&of.bit != 0 {
			names = append(names, string(of.role))
		}
	}
	return strings.Join(append(names, string(auth.Admin)), " or ")
}

// admit tells who calls a route, or why the call is refused: 401 for who it is, 403
// for what it may do.
func (s *Server) admit(route Route, r *http.Request, c *call) (auth.Caller, error) {
	if route.access&open != 0 || route.access&token != 0 && r.URL.Query().Get("token") != "" {
		return auth.Caller{}, nil
	}
	caller, err := s.caller(r, c)
	if errors.Is(err, auth.ErrBadKey) {
		if slow := s.guesses.take(host(r), s.Now()); slow != nil {
			return caller, slow
		}
	}
	if err != nil || caller.Keyless() {
		return caller, err
	}
	if err := s.pace.take(caller.KeyID, s.Now()); err != nil {
		return caller, err
	}
	if !route.access.takes(caller.Role) {
		return caller, problem(http.StatusForbidden, "a %s key may not do this: it takes a key of the role %s", caller.Role, route.access.whom())
	}
	return caller, nil
}

// caller is whose key a request brings, or who has logged in.
func (s *Server) caller(r *http.Request, c *call) (caller auth.Caller, err error) {
	key := credential(r)
	if key == "" {
		if c.session, err = s.loggedIn(r.Context(), r); err != nil || c.session.Cookie != "" {
			return c.session.Caller, err
		}
	}
	return s.Keys.Caller(key)
}

// host is where a request comes from, without its port: a proxy's address, when there is
// one before the server.
func host(r *http.Request) string {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return address
}

// credential is the text of the key that a request brings, "" when it brings none.
func credential(r *http.Request) string {
	scheme, key, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	if key = strings.TrimSpace(key); key != "" && strings.EqualFold(scheme, "Bearer") {
		return key
	}
	return strings.TrimSpace(r.Header.Get("X-API-Key"))
}

// standing is nil while the caller of r is who it was when r came; else its key has
// been revoked since, or the first key has come.
func standing(r *http.Request) error {
	if why := callerOf(r).Over(); why != nil {
		return fmt.Errorf("while the request ran: %w", why)
	}
	return nil
}
