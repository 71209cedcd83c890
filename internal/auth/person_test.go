package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"
)

// drawer keeps sessions in memory.
type drawer map[[sha256.Size]byte]Session

func (d drawer) Begin(_ context.Context, s Session, _ time.Time) error {
	d[s.Hash] = s
	return nil
}

func (d drawer) Find(_ context.Context, hash [sha256.Size]byte) (Session, error) {
	s, there := d[hash]
	if !there {
		return s, ErrNoSession
	}
	return s, nil
}

func (d drawer) End(_ context.Context, hash [sha256.Size]byte) error {
	delete(d, hash)
	return nil
}

func TestPeopleAreKnownByAKeyOfTheirOwn(t *testing.T) {
	t.Parallel()
	keys, kept := &shelf{}, drawer{}
	here := NewSessions(kept, ring(t, keys), time.Now)
	ada := Spec{Name: "sso-ada", Role: Client}
	if _, err := here.BeginFor(t.Context(), ada); !errors.Is(err, ErrNoSession) {
		t.Errorf("without keys: %v", err)
	}
	if _, _, err := Create(t.Context(), keys, Spec{Name: "ops", Role: Admin}, time.Now()); err != nil {
		t.Fatal(err)
	}
	there := ring(t, keys)
	if err := here.keys.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	begin := func(s Spec) Login {
		t.Helper()
		l, err := here.BeginFor(t.Context(), s)
		if err != nil || l.Caller.Name != s.Name || l.Caller.Role != s.Role || l.Caller.All != (s.ScopeAll || s.Role == Admin) {
			t.Fatalf("%+v, %v", l, err)
		}
		return l
	}
	first, second := begin(ada), begin(ada)
	if first.Caller.KeyID != second.Caller.KeyID || first.Cookie == second.Cookie {
		t.Errorf("two logins are %+v and %+v", first, second)
	}
	// Another server that has not heard of the key yet knows the session at once.
	if l, err := NewSessions(kept, there, time.Now).Find(t.Context(), first.Cookie); err != nil || l.Caller.Name != "sso-ada" {
		t.Errorf("at another server: %+v, %v", l, err)
	}
	// Who may do something else from now on is no longer who they were.
	for _, now := range []Spec{{Name: "sso-ada", Role: Client, ScopeAll: true}, {Name: "sso-ada", Role: Admin}, ada} {
		before := first
		first = begin(now)
		if _, err := here.Find(t.Context(), before.Cookie); !errors.Is(err, ErrRevoked) {
			t.Errorf("as %+v: the session before has %v", now, err)
		}
	}
	if _, err := Revoke(t.Context(), keys, "sso-ada", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := here.keys.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Find(t.Context(), first.Cookie); !errors.Is(err, ErrRevoked) {
		t.Errorf("revoked: %v", err)
	}
	if _, err := here.BeginFor(t.Context(), Spec{Name: "sso ada", Role: Client}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a name that no key has: %v", err)
	}
}
