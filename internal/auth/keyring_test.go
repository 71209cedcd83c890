package auth

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

func ring(t *testing.T, s *shelf) *Keyring {
	t.Helper()
	r, err := NewKeyring(t.Context(), KeyringConfig{Store: s, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// running runs the keyring until stop is called.
func running(t *testing.T, r *Keyring) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		r.Run(ctx)
		close(done)
	}()
	return func() {
		cancel()
		<-done
	}
}

func is(t *testing.T, r *Keyring, text string, want error) Caller {
	t.Helper()
	c, err := r.Caller(text)
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Fatalf("the caller is %+v, %v; want %v", c, err, want)
	}
	return c
}

func TestCallersWithoutKeys(t *testing.T) {
	t.Parallel()
	r := ring(t, &shelf{})
	if r.On() {
		t.Fatal("keys are asked for although there are none")
	}
	for _, sent := range []string{"", "morag_x_y", "nonsense"} {
		if c := is(t, r, sent, nil); !c.Keyless() || c.Name != "" || c.All {
			t.Errorf("who sends %q is %+v", sent, c)
		}
	}
}

func TestCallers(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	client, worker, admin := s.make(t, "alice", Client), s.make(t, "gpu", Worker), s.make(t, "ops", Admin)
	all, _, err := Create(t.Context(), s, Spec{Name: "audit", Role: Client, ScopeAll: true}, day)
	if err != nil {
		t.Fatal(err)
	}
	gone := s.make(t, "gone", Admin)
	if _, err := Revoke(t.Context(), s, "gone", day); err != nil {
		t.Fatal(err)
	}
	r := ring(t, s)
	for _, tt := range []struct {
		text string
		name string
		role Role
		all  bool
	}{{client, "alice", Client, false}, {worker, "gpu", Worker, false}, {admin, "ops", Admin, true}, {all, "audit", Client, true}} {
		if c := is(t, r, tt.text, nil); c.Name != tt.name || c.Role != tt.role || c.All != tt.all || c.Keyless() {
			t.Errorf("%s is %+v", tt.name, c)
		}
	}
	is(t, r, "", ErrNoKey)
	is(t, r, gone, ErrRevoked)
	is(t, r, gone[:len(gone)-1]+"!", ErrBadKey)    // a revoked key is told from a wrong one only by its secret
	is(t, r, client[:15]+worker[15:], ErrBadKey)   // one's id, another's secret
	is(t, r, client+"a", ErrBadKey)                // too long
	is(t, r, "Bearer "+client, ErrBadKey)          // the header's, not the key's
	is(t, r, client[len("morag_"):], ErrBadKey)    // without what makes it known for a key
	is(t, r, "morag_"+s.key(0).ID+"_", ErrBadKey)  // no secret
	is(t, r, string(s.keys[0].Hash[:]), ErrBadKey) // what is kept is no key
}

func TestOnlyKeyRevokedStaysOn(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	s.make(t, "alice", Client)
	if _, err := Revoke(t.Context(), s, "alice", day); err != nil {
		t.Fatal(err)
	}
	is(t, ring(t, s), "", ErrNoKey)

	r := ring(t, s)
	s.keys = nil // as when the database is exchanged for an older one
	if err := r.Reload(t.Context()); err != nil || !r.On() {
		t.Fatalf("authentication is off: %v", err)
	}
}

func TestFirstKeyEndsTheKeyless(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		r := ring(t, s)
		stop := running(t, r)
		defer stop()
		bound, let := is(t, r, "", nil).Bind(t.Context())
		defer let()
		began := time.Now()
		text := s.make(t, "alice", Client)
		<-bound.Done()
		if took := time.Since(began); took > 5*time.Second || !errors.Is(context.Cause(bound), ErrNoKey) {
			t.Fatalf("after %s: %v", took, context.Cause(bound))
		}
		is(t, r, "", ErrNoKey)
		is(t, r, text, nil)
	})
}

func TestRevokedKeyEndsItsRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		first, second := s.make(t, "gpu", Worker), s.make(t, "gpu", Worker)
		r := ring(t, s)
		told := 0
		r.OnChange(func(context.Context) { told++ })
		stop := running(t, r)
		bound, let := is(t, r, first, nil).Bind(t.Context())
		other, letOther := is(t, r, second, nil).Bind(t.Context())
		defer let()
		began := time.Now()
		if err := s.Revoke(t.Context(), time.Now(), s.key(0).ID); err != nil {
			t.Fatal(err)
		}
		<-bound.Done()
		if took := time.Since(began); took > 5*time.Second || !errors.Is(context.Cause(bound), ErrRevoked) {
			t.Fatalf("after %s: %v", took, context.Cause(bound))
		}
		is(t, r, first, ErrRevoked)
		if is(t, r, second, nil); other.Err() != nil || !r.MayWork("gpu") {
			t.Fatal("the other key of the name has ended, too")
		}
		letOther()
		if context.Cause(other) != context.Canceled {
			t.Fatalf("let go of, the request's context says %v", context.Cause(other))
		}
		if err := s.Revoke(t.Context(), time.Now(), s.key(1).ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second) // of the bubble's
		stop()
		if r.MayWork("gpu") || told != 2 {
			t.Fatalf("may work: %v; told %d times, want 2", r.MayWork("gpu"), told)
		}
	})
}

func TestOnlyWorkersAndAdminsMayWork(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	s.make(t, "alice", Client)
	s.make(t, "ops", Admin)
	if r := ring(t, s); r.MayWork("alice") || r.MayWork("nobody") || !r.MayWork("ops") {
		t.Fatal("the wrong ones may work")
	}
}

func TestUsesAreNotedRarely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		text := s.make(t, "alice", Client)
		s.make(t, "bob", Client)
		r := ring(t, s)
		stop := running(t, r)
		for range 600 { // a minute of ten requests a second
			is(t, r, text, nil)
			time.Sleep(100 * time.Millisecond)
		}
		last := time.Now()
		is(t, r, text, nil)
		if _, uses := s.asked(); uses > 1 {
			t.Fatalf("%d writes in a minute, want one at most", uses)
		}
		stop()
		if used := s.key(0).LastUsed; used.Unix() != last.Unix() {
			t.Fatalf("after the end, used at %s, want %s", used, last)
		}
		if !s.key(1).LastUsed.IsZero() {
			t.Fatal("a key that was not used is said to be")
		}
		if _, uses := s.asked(); uses > 2 {
			t.Fatalf("%d writes in all", uses)
		}
	})
}

func TestKeysStayGoodWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		text := s.make(t, "alice", Client)
		r := ring(t, s)
		stop := running(t, r)
		defer stop()
		s.fail(errors.New("no disk"))
		time.Sleep(2 * time.Minute)
		is(t, r, text, nil)
		s.fail(nil)
		time.Sleep(2 * time.Minute)
		if s.key(0).LastUsed.IsZero() {
			t.Fatal("the use is forgotten")
		}
	})
}

// A worker's id is a name's while one of its good keys has it, also after a restart.
func TestWorkerIDsAreOfGoodKeys(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	for _, ids := range [][]string{{"w1", "w2"}, {"w2"}, nil} {
		if _, _, err := Create(t.Context(), s, Spec{Name: "gpu", Role: Worker, WorkerIDs: ids}, day); err != nil {
			t.Fatal(err)
		}
	}
	r := ring(t, s)
	check := func(want map[string]string) {
		t.Helper()
		for _, r := range []*Keyring{r, ring(t, s)} {
			for id, name := range want {
				if got := r.WorkerOf(id); got != name {
					t.Errorf("%s is %q's, want %q", id, got, name)
				}
			}
		}
	}
	check(map[string]string{"w1": "gpu", "w2": "gpu", "w3": "", "": ""})
	if err := s.Revoke(t.Context(), day, s.key(0).ID); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(map[string]string{"w1": "", "w2": "gpu"})
}
