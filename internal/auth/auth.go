// Package auth says who a caller is: by a key, which has a name and a role, or by a
// download capability, which is its own credential. What a role may do is in the api's
// table of routes.
//
// Keys are kept by a [Store]; a [Keyring] holds them in memory for the server, which
// asks it with every request. While there is no key at all, nobody is asked for one.
package auth

import "slices"

// Role says what kind of caller a key is for.
type Role string

// The roles.
const (
	// Client ingests, searches, and sees what is its own.
	Client Role = "client"
	// Worker polls for remote jobs and converts them.
	Worker Role = "worker"
	// Admin may do everything, and sees everybody's.
	Admin Role = "admin"
)

// Roles lists every role.
func Roles() []Role { return []Role{Client, Worker, Admin} }

func (r Role) known() bool { return slices.Contains(Roles(), r) }

// Caller is who makes a request. The zero value is whoever calls a server that has no
// keys.
type Caller struct {
	KeyID string
	// Name is what the caller's things belong to, so that a key can be exchanged for
	// another of the same name.
	Name string
	Role Role
	// All lets the caller see the things of every name, and Manage change them, too.
	All, Manage bool

	lifetime *lifetime // as long as the caller is who it says
}

// Keyless tells whether the caller was not asked for a key, since there are none.
func (c Caller) Keyless() bool { return c.KeyID == "" }
