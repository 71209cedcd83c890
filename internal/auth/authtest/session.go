package authtest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"morag/internal/auth"
)

// RunSessions runs the suite of [auth.SessionStore]. open returns two stores at one place
// that holds nothing, which may be one store twice.
func RunSessions(t *testing.T, open func(t *testing.T) (a, b auth.SessionStore)) {
	for name, test := range map[string]func(t *testing.T, a, b auth.SessionStore){
		"what begins is found until it ends": sessionsEnd,
		"the expired are forgotten":          sessionsExpire,
		"a key has so many":                  sessionsOfAKey,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			test(t, a, b)
		})
	}
}

var sessionStart = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)

func sessionOf(key, secret string, expires time.Duration) auth.Session {
	return auth.Session{Hash: sha256.Sum256([]byte(secret)), KeyID: key, ExpiresAt: sessionStart.Add(expires)}
}

func begun(t *testing.T, s auth.SessionStore, session auth.Session, now time.Duration) {
	t.Helper()
	if err := s.Begin(t.Context(), session, sessionStart.Add(now)); err != nil {
		t.Fatal(err)
	}
}

func isThere(t *testing.T, s auth.SessionStore, session auth.Session) bool {
	t.Helper()
	got, err := s.Find(t.Context(), session.Hash)
	if err == nil && got != session {
		t.Errorf("found %+v, want %+v", got, session)
	}
	if err != nil && !errors.Is(err, auth.ErrNoSession) {
		t.Fatal(err)
	}
	return err == nil
}

func sessionsEnd(t *testing.T, a, b auth.SessionStore) {
	one, two := sessionOf("alice", "1", time.Hour), sessionOf("alice", "2", time.Hour)
	if isThere(t, a, one) {
		t.Error("a session is there that never began")
	}
	begun(t, a, one, 0)
	begun(t, b, two, 0)
	if !isThere(t, b, one) || !isThere(t, a, two) {
		t.Error("a session that has begun is not there")
	}
	for range 2 { // the second time it is not there
		if err := b.End(t.Context(), one.Hash); err != nil {
			t.Fatal(err)
		}
		if isThere(t, a, one) || !isThere(t, a, two) {
			t.Error("one has ended, and the other not")
		}
	}
}

func sessionsExpire(t *testing.T, a, b auth.SessionStore) {
	old, later := sessionOf("alice", "old", time.Hour), sessionOf("alice", "later", time.Hour+time.Microsecond)
	begun(t, a, old, 0)
	begun(t, a, later, 0)
	begun(t, b, sessionOf("bob", "new", 2*time.Hour), time.Hour)
	if isThere(t, a, old) || !isThere(t, a, later) {
		t.Error("what has expired is to be forgotten, and nothing else")
	}
}

func sessionsOfAKey(t *testing.T, a, _ auth.SessionStore) {
	bobs := sessionOf("bob", "bob", time.Second)
	begun(t, a, bobs, 0)
	var all []auth.Session
	for i := range auth.MaxSessions + 2 {
		all = append(all, sessionOf("alice", fmt.Sprint(i), time.Hour+time.Duration(i)*time.Second))
		begun(t, a, all[i], 0)
	}
	for i, s := range all {
		if there := isThere(t, a, s); there != (i >= 2) {
			t.Errorf("session %d of %d is there: %t", i, len(all), there)
		}
	}
	if !isThere(t, a, bobs) {
		t.Error("another key's session has made room")
	}
}
