package search

import (
	"cmp"
	"slices"

	"morag/internal/index"
)

// Weights say how much the rankings count; what matters is one beside the other.
type Weights struct{ Words, Vectors float64 }

// maxWeight is the highest weight.
const maxWeight = 100

func (w Weights) valid() bool {
	ok := func(f float64) bool { return f >= 0 && f <= maxWeight }
	return ok(w.Words) && ok(w.Vectors) && w.Words+w.Vectors > 0
}

// blend is how two rankings become one.
type blend struct {
	Weights
	// lexical: the vectors are of the words, too.
	lexical bool
}

const (
	// wordHalf is the score of words that is worth half of the most: that of a chunk with
	// every word of the question once is 1, and there is no highest.
	wordHalf = 0.5
	// lexicalWeight is how much vectors count that are made of words too, chosen by morag
	// eval: they find other forms and misspelt words.
	lexicalWeight = 0.4
	// lexicalNoise is what such vectors have by chance: the cosine of two texts without a
	// word or part of one in common has a standard deviation of 0.044 at 512 dimensions.
	lexicalNoise = 0.16
)

// defaultWeights are those of a request that has none.
func defaultWeights(lexical bool) Weights {
	if lexical {
		return Weights{Words: 1, Vectors: lexicalWeight}
	}
	return Weights{Words: 1, Vectors: 1}
}

type candidate struct {
	index.Found
	words, nearness float64 // from 0 to 1
	worded          bool
}

// fuse makes one ranking of two, by the weighted mean of their scores, each brought to what
// lies between 0 and 1. What only one ranking has counts as 0 in the other. What is near
// by chance alone is left out. Equal scores are ordered by age.
func (b blend) fuse(near, worded []index.Found) []index.Found {
	candidates := make(map[int64]*candidate, len(near)+len(worded))
	of := func(f index.Found) *candidate {
		c := candidates[f.Chunk]
		if c == nil {
			c = &candidate{Found: f}
			candidates[f.Chunk] = c
		}
		return c
	}
	for _, h := range worded {
		c := of(h)
		c.words, c.worded = h.Score/(h.Score+wordHalf), true
	}
	least := b.least(near)
	for _, h := range near {
		of(h).nearness = max(0, (h.Score-least)/(1-least))
	}
	all := b.Words + b.Vectors
	var fused []index.Found
	for _, c := range candidates {
		if !c.worded && b.lexical && c.nearness < lexicalNoise {
			continue
		}
		c.Score = min(1, (b.Words*c.words+b.Vectors*c.nearness)/all)
		fused = append(fused, c.Found)
	}
	slices.SortFunc(fused, better)
	return fused
}

// better orders by score, then by age.
func better(a, b index.Found) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Chunk, b.Chunk))
}

// manyNear is so many that the last of them has little to do with the question.
const manyNear = 50

// least is the cosine that counts as 0. Vectors of many models are all in one corner: texts
// that have nothing to do with each other have 0.7, and what tells them apart is the rest.
func (b blend) least(near []index.Found) float64 {
	if b.lexical || len(near) < manyNear {
		return 0
	}
	return min(0.99, max(0, near[len(near)-1].Score))
}
