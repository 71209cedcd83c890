package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"morag/internal/auth"
	"morag/internal/wire"
)

// A browser logs in with a key and is known by a cookie from then on. Browsers send a cookie
// by themselves, also for a page that somebody else has made: so what changes something
// brings the session's token, too, which only this server's own pages can read.
const tokenHeader = "X-CSRF-Token"

type login struct {
	Body wire.Login `body:""`
}

// logIn begins a session and hands out its cookie.
func (s *Server) logIn(w http.ResponseWriter, r *http.Request, in login) error {
	if stranger(r) {
		return errOtherOrigin
	}
	if !s.Keys.On() {
		return errNoLogin
	}
	if in.Body.APIKey == "" {
		return invalid("api_key is missing")
	}
	l, err := s.Sessions.Begin(r.Context(), in.Body.APIKey)
	if errors.Is(err, auth.ErrBadKey) {
		if slow := s.guesses.take(host(r), s.Now()); slow != nil {
			return slow
		}
	}
	if err != nil {
		return err
	}
	c := callOf(r)
	c.caller = l.Caller // for the audit line
	http.SetCookie(w, auth.SessionCookie(r, l.Cookie, l.ExpiresAt))
	return replySession(w, r, l)
}

// showSession tells a page who is logged in, and the token of what it sends.
func (s *Server) showSession(w http.ResponseWriter, r *http.Request, _ none) error {
	c := callOf(r)
	return replySession(w, r, auth.Login{Caller: c.caller, Token: c.session.Token, ExpiresAt: c.session.ExpiresAt})
}

// logOut ends the session that the caller comes with; without one it does nothing.
func (s *Server) logOut(w http.ResponseWriter, r *http.Request, _ none) error {
	if secret := callOf(r).session.Cookie; secret != "" {
		if err := s.Sessions.End(r.Context(), secret); err != nil {
			return err
		}
	}
	http.SetCookie(w, auth.SessionCookie(r, "", time.Unix(1, 0)))
	return reply(w, r, wire.LoggedOut{LoggedOut: true})
}

func replySession(w http.ResponseWriter, r *http.Request, l auth.Login) error {
	w.Header().Set("Cache-Control", "no-store")
	return reply(w, r, wire.Session{Name: l.Caller.Name, Role: string(l.Caller.Role), CSRFToken: l.Token, ExpiresAt: wire.At(l.ExpiresAt)})
}

// loggedIn is the session that a request without a key comes with, the zero value when it
// has none. What changes something without the session's token, or comes from elsewhere, is
// refused.
func (s *Server) loggedIn(ctx context.Context, r *http.Request) (auth.Login, error) {
	sent, err := r.Cookie(auth.SessionCookieName)
	if err != nil || sent.Value == "" || !s.Keys.On() {
		return auth.Login{}, nil
	}
	l, err := s.Sessions.Find(ctx, sent.Value)
	if err != nil {
		return auth.Login{}, err
	}
	if stranger(r) {
		return auth.Login{}, errOtherOrigin
	}
	changes := r.Method != http.MethodGet && r.Method != http.MethodHead
	if changes && subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(l.Token)) != 1 {
		return auth.Login{}, errNoToken
	}
	return l, nil
}

var (
	errOtherOrigin = problem(http.StatusForbidden, "requests from other origins are refused")
	errNoLogin     = problem(http.StatusConflict, "there are no keys: nobody needs to log in")
	errNoToken     = problem(http.StatusForbidden, "what changes something needs the session's token in the header "+tokenHeader)
)

// stranger tells whether a page of somebody else's has made a browser send the request.
func stranger(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin != "" && !sameHost(origin, r.Host) || embedded(r)
}
