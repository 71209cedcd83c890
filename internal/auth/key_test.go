package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var day = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

// shelf is a store in memory that counts what is asked of it.
type shelf struct {
	mu    sync.Mutex
	keys  []Key
	err   error // of every call
	uses  int   // calls of Used
	lists int
}

func (s *shelf) Create(_ context.Context, k Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, k)
	return s.err
}

func (s *shelf) List(context.Context) ([]Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	return append([]Key(nil), s.keys...), s.err
}

func (s *shelf) Revoke(_ context.Context, at time.Time, ids ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, k := range s.keys {
		for _, id := range ids {
			if k.ID == id && k.RevokedAt.IsZero() {
				s.keys[i].RevokedAt = at
			}
		}
	}
	return s.err
}

func (s *shelf) Used(_ context.Context, at map[string]time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uses++
	for i, k := range s.keys {
		if used, ok := at[k.ID]; ok {
			s.keys[i].LastUsed = used
		}
	}
	return s.err
}

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *shelf) asked() (lists, uses int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists, s.uses
}

func (s *shelf) key(i int) Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[i]
}

// make makes a key and returns its text.
func (s *shelf) make(t *testing.T, name string, role Role) string {
	t.Helper()
	text, _, err := Create(t.Context(), s, Spec{Name: name, Role: role}, day)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCreateKeepsNoSecret(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	text := s.make(t, "alice", Client)
	k := s.key(0)
	id, secret, ok := parse(text)
	if !ok || id != k.ID || len(secret) != 52 || !strings.HasPrefix(text, "morag_"+k.ID+"_") {
		t.Fatalf("the key %q is not morag_<id>_<secret>", text)
	}
	if strings.Contains(string(k.Hash[:]), secret) || k.Hash != hash(secret) {
		t.Fatal("what is kept is not the hash of the secret")
	}
	if again := s.make(t, "alice", Client); again == text || s.key(1).ID == k.ID {
		t.Fatal("two keys are the same")
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	for _, spec := range []Spec{
		{Role: Client},
		{Name: "a b", Role: Client},
		{Name: "a/b", Role: Client},
		{Name: "a\nb", Role: Client},
		{Name: "ä", Role: Client},
		{Name: strings.Repeat("a", 65), Role: Client},
		{Name: "alice"},
		{Name: "alice", Role: "boss"},
		{Name: "gpu", Role: Worker, ScopeAll: true},
		{Name: "alice", Role: Client, Manage: true},
		{Name: "alice", Role: Client, WorkerIDs: []string{"w"}},
		{Name: "ops", Role: Admin, WorkerIDs: []string{"w"}},
		{Name: "gpu", Role: Worker, WorkerIDs: []string{"w", ""}},
		{Name: "gpu", Role: Worker, WorkerIDs: []string{"a\x1b[2J"}},
		{Name: "gpu", Role: Worker, WorkerIDs: []string{"a\xff"}},
		{Name: "gpu", Role: Worker, WorkerIDs: []string{strings.Repeat("ä", 129)}},
		{Name: "gpu", Role: Worker, WorkerIDs: make([]string, 1001)},
	} {
		s := &shelf{}
		if _, _, err := Create(t.Context(), s, spec, day); !errors.Is(err, ErrInvalid) || len(s.keys) > 0 {
			t.Errorf("%+v: %v, and %d keys are kept", spec, err, len(s.keys))
		}
	}
}

func TestRevokeByIDAndByName(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	for _, name := range []string{"alice", "alice", "alice", "bob"} {
		s.make(t, name, Client)
	}
	for _, tt := range []struct {
		which string
		ends  int
	}{{s.key(1).ID, 1}, {s.key(1).ID, 0}, {"alice", 2}, {"alice", 0}, {"nobody", 0}, {"", 0}} {
		ended, err := Revoke(t.Context(), s, tt.which, day)
		if len(ended) != tt.ends || (tt.ends == 0) != errors.Is(err, ErrUnknown) {
			t.Errorf("revoke %q ended %d keys, %v; want %d", tt.which, len(ended), err, tt.ends)
		}
	}
	if !s.key(3).RevokedAt.IsZero() {
		t.Error("bob's key was revoked, too")
	}
}

func FuzzCaller(f *testing.F) {
	s := &shelf{}
	text, _, err := Create(context.Background(), s, Spec{Name: "alice", Role: Client}, day)
	if err != nil {
		f.Fatal(err)
	}
	r, err := NewKeyring(context.Background(), KeyringConfig{Store: s})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", text, text + "a", text[:len(text)-1], strings.ToUpper(text), "morag_", "morag__", "morag_" + s.key(0).ID, "morag_" + s.key(0).ID + "_", "\x00", strings.Repeat("_", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		caller, err := r.Caller(given)
		if (err == nil) != (given == text) {
			t.Fatalf("%q is %+v, %v", given, caller, err)
		}
		if err != nil && !caller.Keyless() {
			t.Fatalf("%q is refused and somebody: %+v", given, caller)
		}
	})
}

func TestCreateKeepsRights(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	long := strings.Repeat("ä", 128)
	if _, k, err := Create(t.Context(), s, Spec{Name: "gpu", Role: Worker, WorkerIDs: []string{long, "w 2", "w1", "w1"}}, day); err != nil || !slices.Equal(k.WorkerIDs, []string{"w 2", "w1", long}) {
		t.Errorf("%+v: %v", k, err)
	}
	if _, k, err := Create(t.Context(), s, Spec{Name: "keeper", Role: Client, ScopeAll: true, Manage: true}, day); err != nil || !k.Manage {
		t.Errorf("%+v: %v", k, err)
	}
}
