package auth

import (
	"cmp"
	"errors"
)

// DefaultOwner is who everything belongs to while there are no keys.
const DefaultOwner = "default"

// Scope is what a caller may know of: what belongs to one owner, or everybody's. Services
// take it with every call and return their not-found for what lies outside, so that
// nothing tells it from what is not there. The zero value sees nothing.
type Scope struct {
	// Owner is who the things belong to that the caller makes.
	Owner string
	// Admin lets the priority of what the caller makes count beside that of other owners,
	// too.
	Admin bool
	// All lets the caller see the things of every owner, and Manage change them, too.
	All, Manage bool
}

// ErrOthers: the caller sees what it wants to change, and may not, since it is another's.
var ErrOthers = errors.New("belongs to another")

// Everything is the scope of the server itself.
func Everything() Scope { return Scope{Owner: DefaultOwner, All: true, Manage: true} }

// Scope is what the caller may know of.
func (c Caller) Scope() Scope {
	return Scope{Owner: cmp.Or(c.Name, DefaultOwner), All: c.All, Manage: c.Manage, Admin: c.Role == Admin}
}

// Precedence is what a priority of the caller's means to other owners.
func (s Scope) Precedence(priority int) int {
	if s.Admin {
		return priority
	}
	return 0
}

// Sees tells whether what belongs to the owner is inside.
func (s Scope) Sees(owner string) bool { return s.All || s.Owner != "" && s.Owner == owner }

// Changes tells whether the caller may change, or remove, what belongs to the owner and
// is inside: [ErrOthers].
func (s Scope) Changes(owner string) error {
	if s.Manage || s.Owner != "" && s.Owner == owner {
		return nil
	}
	return ErrOthers
}

// Only is the one owner whose things are listed, "" for everybody's.
func (s Scope) Only() string {
	if s.All {
		return ""
	}
	return cmp.Or(s.Owner, "\x00") // who is nobody owns nothing
}
