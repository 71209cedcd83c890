package search

import (
	"slices"

	"morag/internal/index"
)

// taking is the hits that were taken of a ranking, and what is left of it.
type taking struct {
	Query
	left  []index.Found
	hits  []Hit
	texts []sketch // of the hits
	of    map[int64]int
}

// next is what to read next, at most as many as are still wanted.
func (t *taking) next() (batch []index.Found) {
	var later []index.Found
	more := make(map[int64]int)
	for i, f := range t.left {
		if len(batch) == t.Limit-len(t.hits) {
			later = append(later, t.left[i:]...)
			break
		}
		if f.Score < t.MinScore {
			break
		}
		switch {
		case t.full(t.of[f.Version]):
		case t.full(t.of[f.Version] + more[f.Version]):
			later = append(later, f) // in place of one of the batch, if that is not taken
		default:
			more[f.Version]++
			batch = append(batch, f)
		}
	}
	t.left = later
	return batch
}

// full tells whether a version has as many hits as it may.
func (t *taking) full(hits int) bool { return t.PerDocument > 0 && hits >= t.PerDocument }

// add takes a hit, unless a better one of the owner says nearly the same.
func (t *taking) add(h Hit) {
	text := sketchOf(h.Content)
	for i := range t.hits {
		if t.hits[i].Owner == h.Owner && text.like(t.texts[i]) {
			t.hits[i].AlsoIn = append(t.hits[i].AlsoIn, Alike{h.Hit, h.Document.Name})
			return
		}
	}
	t.of[h.Version]++
	at, _ := slices.BinarySearchFunc(t.hits, h, func(a, b Hit) int { return better(a.Found, b.Found) })
	t.hits = slices.Insert(t.hits, at, h)
	t.texts = slices.Insert(t.texts, at, text)
}
