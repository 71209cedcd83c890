// Package omission counts what of a document does not come out, and tells it in warnings.
package omission

import (
	"fmt"
	"slices"
)

// Counts are the numbers of the things that are left out, by the plural of what they are.
// The zero value is ready.
type Counts struct{ counts map[string]int }

// Add counts n more of a kind.
func (c *Counts) Add(what string, n int) {
	if n <= 0 {
		return
	}
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[what] += n
}

// Merge adds the numbers of others.
func (c *Counts) Merge(others Counts) {
	for what, n := range others.counts {
		c.Add(what, n)
	}
}

// Warnings are sentences, one for each kind, in the order of the alphabet.
func (c *Counts) Warnings() []string {
	var warnings []string
	for what, n := range c.counts {
		warnings = append(warnings, fmt.Sprintf("Left out of the text: %s (%d).", what, n))
	}
	slices.Sort(warnings)
	return warnings
}
