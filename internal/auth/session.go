package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ErrNoSession: there is no such session, or it has ended: by its time, by logging out, or
// with its key.
var ErrNoSession = errors.New("no session")

// SessionTime is how long a session lasts.
const SessionTime = 12 * time.Hour

// MaxSessions is how many sessions a key has at a time: with one more its oldest ends.
const MaxSessions = 100

// Session is a browser that has logged in by a key. Of the secret in its cookie only a
// hash is known.
type Session struct {
	Hash      [sha256.Size]byte
	KeyID     string
	ExpiresAt time.Time // of microseconds, UTC
}

// SessionStore keeps sessions, for any number of servers. It is safe for concurrent use; a
// change is on stable storage when its method returns nil. What the methods must do is
// spelled out by the suite in package authtest.
type SessionStore interface {
	// Begin stores a session that is new. Those that have expired by now are forgotten, and
	// those of its key that end first, so that it has [MaxSessions].
	Begin(ctx context.Context, s Session, now time.Time) error

	// Find returns a session, expired or not. [ErrNoSession].
	Find(ctx context.Context, hash [sha256.Size]byte) (Session, error)

	// End forgets a session. What is not there is no error.
	End(ctx context.Context, hash [sha256.Size]byte) error
}

// Sessions logs browsers in and knows them again. It is safe for concurrent use.
type Sessions struct {
	store SessionStore
	keys  *Keyring
	now   func() time.Time
}

// NewSessions makes sessions of the keys.
func NewSessions(store SessionStore, keys *Keyring, now func() time.Time) *Sessions {
	return &Sessions{store: store, keys: keys, now: now}
}

// SessionCookie is the cookie that a browser is known by: value is [Login.Cookie], or "" to
// take it away.
func SessionCookie(r *http.Request, value string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: SessionCookieName, Value: value, Path: "/", Expires: expires, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		// Behind a proxy only that knows; to say so falsely costs nobody but oneself the login.
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}

// SessionCookieName is its name.
const SessionCookieName = "morag_session"

// Login is a session as its browser has it.
type Login struct {
	Caller Caller
	// Cookie is the secret by which the browser is known again, and Token what it says
	// besides when it changes something: a page can read it, the cookie it cannot.
	Cookie, Token string
	ExpiresAt     time.Time
}

// Begin logs a browser in by the text of a key, with the errors of [Keyring.Caller]. While
// there are no keys nobody needs to: [ErrNoSession].
func (s *Sessions) Begin(ctx context.Context, text string) (Login, error) {
	caller, err := s.keys.Caller(text)
	if err != nil {
		return Login{}, err
	}
	if caller.Keyless() {
		return Login{}, fmt.Errorf("there are no keys: %w", ErrNoSession)
	}
	return s.begin(ctx, caller)
}

func (s *Sessions) begin(ctx context.Context, caller Caller) (Login, error) {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return Login{}, err
	}
	l := Login{Caller: caller, Cookie: base64.RawURLEncoding.EncodeToString(secret)}
	l.Token = tokenOf(l.Cookie)
	now := s.now()
	l.ExpiresAt = now.Add(SessionTime).UTC().Truncate(time.Microsecond)
	return l, s.store.Begin(ctx, Session{Hash: sessionHash(l.Cookie), KeyID: caller.KeyID, ExpiresAt: l.ExpiresAt}, now)
}

// Find tells whose session a cookie is of. [ErrNoSession]; [ErrRevoked] when its key has been
// revoked.
func (s *Sessions) Find(ctx context.Context, cookie string) (Login, error) {
	found, err := s.store.Find(ctx, sessionHash(cookie))
	if err != nil {
		return Login{}, err
	}
	if !s.now().Before(found.ExpiresAt) {
		return Login{}, ErrNoSession
	}
	caller, err := s.known(ctx, found.KeyID)
	return Login{Caller: caller, Cookie: cookie, Token: tokenOf(cookie), ExpiresAt: found.ExpiresAt}, err
}

// End logs a browser out. What is no session is no error.
func (s *Sessions) End(ctx context.Context, cookie string) error {
	return s.store.End(ctx, sessionHash(cookie))
}

// sessionHash and tokenOf are two things that a cookie's secret gives, and neither gives the
// other or the secret.
func sessionHash(cookie string) [sha256.Size]byte {
	return sha256.Sum256([]byte("session\x00" + cookie))
}

func tokenOf(cookie string) string {
	sum := sha256.Sum256([]byte("token\x00" + cookie))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
