// Package authtest is the conformance suite of auth.Store: what every store of keys
// must do.
//
// To add a store, write its adapter under internal/auth and beside it a test:
//
//	func TestStore(t *testing.T) {
//		authtest.Run(t, func(t *testing.T) auth.Store { return mystore.New() })
//	}
package authtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"morag/internal/auth"
)

// Run runs the suite. open makes an empty store and lets it go when the test ends.
func Run(t *testing.T, open func(t *testing.T) auth.Store) {
	for name, test := range map[string]func(*testing.T, auth.Store){
		"every field is kept, oldest first": kept,
		"an id is taken once":               once,
		"a name has one role":               oneRole,
		"a worker id has one name":          oneWorker,
		"revoked stays revoked":             revoked,
		"the last use only grows":           used,
		"many at a time":                    many,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

var day = time.Date(2026, 2, 3, 4, 5, 6, 789000, time.UTC)

func key(id, name string, role auth.Role) auth.Key {
	return auth.Key{ID: id, Name: name, Role: role, CreatedAt: day, Hash: [32]byte([]byte(fmt.Sprintf("%-32s", id)))}
}

func create(t *testing.T, s auth.Store, keys ...auth.Key) {
	t.Helper()
	for _, k := range keys {
		if err := s.Create(t.Context(), k); err != nil {
			t.Fatalf("create %s: %v", k.ID, err)
		}
	}
}

func check(t *testing.T, s auth.Store, want ...auth.Key) {
	t.Helper()
	got, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("keys (-want +got):\n%s", diff)
	}
}

func kept(t *testing.T, s auth.Store) {
	check(t, s)
	first, second := key("z", "gpu", auth.Worker), key("a", "team.a-1_X", auth.Client)
	first.WorkerIDs, second.Manage = []string{"a \"b\"", "w1"}, true
	second.ScopeAll, second.CreatedAt, second.LastUsed, second.RevokedAt = true, day.Add(-time.Hour), day.Add(time.Second), day.Add(time.Minute)
	create(t, s, first, second)
	check(t, s, first, second)
}

func once(t *testing.T, s auth.Store) {
	first := key("a", "one", auth.Client)
	create(t, s, first)
	if err := s.Create(t.Context(), key("a", "two", auth.Client)); !errors.Is(err, auth.ErrExists) {
		t.Fatalf("the id again: %v, want ErrExists", err)
	}
	check(t, s, first)
}

func oneRole(t *testing.T, s auth.Store) {
	old, next := key("a", "gpu", auth.Worker), key("b", "gpu", auth.Worker)
	create(t, s, old, next)
	client := key("c", "gpu", auth.Client)
	if err := s.Create(t.Context(), client); !errors.Is(err, auth.ErrRole) {
		t.Fatalf("another role: %v, want ErrRole", err)
	}
	check(t, s, old, next)
	if err := s.Revoke(t.Context(), day, "a", "b"); err != nil {
		t.Fatal(err)
	}
	create(t, s, client) // the name is free again
}

func oneWorker(t *testing.T, s auth.Store) {
	with := func(id, name string, workers ...string) auth.Key {
		k := key(id, name, auth.Worker)
		k.WorkerIDs = workers
		return k
	}
	old, next := with("a", "gpu", "w1", "w2"), with("b", "gpu", "w2")
	create(t, s, old, next)
	other := with("c", "cpu", "w0", "w2")
	if err := s.Create(t.Context(), other); !errors.Is(err, auth.ErrWorkerID) {
		t.Fatalf("another name's worker: %v, want ErrWorkerID", err)
	}
	check(t, s, old, next)
	if err := s.Revoke(t.Context(), day, "a"); err != nil {
		t.Fatal(err)
	}
	create(t, s, with("d", "cpu", "w1")) // which is free again
	if err := s.Create(t.Context(), other); !errors.Is(err, auth.ErrWorkerID) {
		t.Fatalf("one of two keys has it still: %v, want ErrWorkerID", err)
	}
}

func revoked(t *testing.T, s auth.Store) {
	a, b := key("a", "one", auth.Client), key("b", "one", auth.Client)
	create(t, s, a, b)
	for i := range 2 {
		if err := s.Revoke(t.Context(), day.Add(time.Duration(i)*time.Hour), "a", "nobody"); err != nil {
			t.Fatal(err)
		}
	}
	a.RevokedAt = day
	check(t, s, a, b)
}

func used(t *testing.T, s auth.Store) {
	a, b := key("a", "one", auth.Client), key("b", "two", auth.Client)
	create(t, s, a, b)
	for _, at := range []time.Duration{time.Hour, time.Minute} {
		if err := s.Used(t.Context(), map[string]time.Time{"a": day.Add(at), "nobody": day}); err != nil {
			t.Fatal(err)
		}
	}
	a.LastUsed = day.Add(time.Hour)
	check(t, s, a, b)
}

func many(t *testing.T, s auth.Store) {
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			k := key(fmt.Sprint("k", i), "crowd", auth.Worker)
			if err := s.Create(t.Context(), k); err != nil {
				t.Error(err)
			}
			if err := s.Used(t.Context(), map[string]time.Time{k.ID: day}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	keys, err := s.List(t.Context())
	if err != nil || len(keys) != 20 {
		t.Fatalf("%d keys, %v; want 20", len(keys), err)
	}
	for _, k := range keys {
		if !k.LastUsed.Equal(day) {
			t.Errorf("%s was used at %s", k.ID, k.LastUsed)
		}
	}
}
