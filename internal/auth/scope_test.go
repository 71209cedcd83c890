package auth

import (
	"errors"
	"slices"
	"testing"
)

func TestScope(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		scope Scope
		only  string
		sees  map[string]bool // and changes, but for those that it does not
		looks []string
	}{
		{"a client", Caller{KeyID: "k", Name: "alice"}.Scope(), "alice", map[string]bool{"alice": true, "bob": false, "": false}, nil},
		{"who sees all", Caller{KeyID: "k", Name: "ops", All: true}.Scope(), "", map[string]bool{"ops": true, "bob": true}, []string{"bob"}},
		{"who manages all", Caller{KeyID: "k", Name: "ops", All: true, Manage: true}.Scope(), "", map[string]bool{"ops": true, "bob": true}, nil},
		{"without keys", Caller{}.Scope(), DefaultOwner, map[string]bool{DefaultOwner: true, "bob": false}, nil},
		{"the server", Everything(), "", map[string]bool{DefaultOwner: true, "bob": true}, nil},
		{"nobody", Scope{}, "\x00", map[string]bool{DefaultOwner: false, "": false}, nil},
	} {
		if only := tt.scope.Only(); only != tt.only {
			t.Errorf("%s lists the things of %q, want %q", tt.name, only, tt.only)
		}
		for owner, want := range tt.sees {
			if got := tt.scope.Sees(owner); got != want {
				t.Errorf("%s sees what is %q's: %v, want %v", tt.name, owner, got, want)
			}
			want = want && !slices.Contains(tt.looks, owner)
			if err := tt.scope.Changes(owner); (err == nil) != want || err != nil && !errors.Is(err, ErrOthers) {
				t.Errorf("%s changes what is %q's: %v, want that it may: %v", tt.name, owner, err, want)
			}
		}
	}
}

// TestPrecedence: a priority orders what is an owner's own; only an administrator's counts
// beside that of others.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		caller Caller
		want   int
	}{
		{"an administrator", Caller{KeyID: "k", Name: "root", Role: Admin}, 7},
		{"a client", Caller{KeyID: "k", Name: "alice", Role: Client}, 0},
		{"a client who sees all", Caller{KeyID: "k", Name: "ops", Role: Client, All: true}, 0},
		{"a worker", Caller{KeyID: "k", Name: "gpu", Role: Worker}, 0},
		{"whoever comes where there are no keys", Caller{}, 0},
	} {
		if got := tt.caller.Scope().Precedence(7); got != tt.want {
			t.Errorf("%s: priority 7 has the precedence %d, want %d", tt.name, got, tt.want)
		}
	}
}
