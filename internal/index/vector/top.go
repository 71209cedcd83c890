package vector

import (
	"cmp"
	"math"
	"slices"
)

// top keeps the n best matches, best first. Insertion into a sorted list is as fast
// as a heap here: after the first rows few come in.
type top struct {
	n       int
	matches []Match
}

// least is the score below which nothing is taken.
func (t *top) least() float32 {
	if len(t.matches) < t.n {
		return float32(math.Inf(-1))
	}
	return t.matches[len(t.matches)-1].Score
}

// takes tells whether m is among the best so far.
func (t *top) takes(m Match) bool {
	return len(t.matches) < t.n || better(m, t.matches[len(t.matches)-1]) < 0
}

func (t *top) add(m Match) {
	if !t.takes(m) {
		return
	}
	if len(t.matches) == t.n {
		t.matches = t.matches[:t.n-1]
	}
	at, _ := slices.BinarySearchFunc(t.matches, m, better)
	t.matches = slices.Insert(t.matches, at, m)
}

// better orders by score, then by age.
func better(a, b Match) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
}
