// Package share says whose turn it is when owners want the same scarce thing: runners,
// workers, places to convert or to upload in, tries of webhooks. It is one rule, [Turn],
// by which the stores order what waits; [Places] are what a process shares by it itself.
package share

import "cmp"

// Turn is where an owner stands who waits.
type Turn struct {
	// Precedence is 0, but for an administrator who has named a priority: a higher one
	// goes before all owners with a lower one.
	Precedence int
	// Held is how much the owner has in hand, and Served the number of its last turn, 0
	// before the first. Numbers grow with every turn that anybody gets.
	Held   int
	Served int64
}

// Compare is negative when a's turn comes before b's: higher precedence first, then who
// has less in hand, then who was served longer ago. So however much waits of one owner,
// another's waits for no more than one thing of it to end.
func (a Turn) Compare(b Turn) int {
	return cmp.Or(cmp.Compare(b.Precedence, a.Precedence), cmp.Compare(a.Held, b.Held), cmp.Compare(a.Served, b.Served))
}

// Spares tells whether an owner may have n more of some places, of which so many are taken
// in all and so many of these its own: it has no more than it leaves free, so that whoever
// comes next finds room.
func Spares(places, taken, own, n int) bool { return own+n <= places-taken }
