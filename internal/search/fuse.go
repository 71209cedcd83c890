package search

import (
	"cmp"
	"slices"
	"strings"

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

// chunkKey is a chunk of one version of a document.
type chunkKey struct {
	version string
	chunk   int
}

type candidate struct {
	hit             index.Hit
	words, nearness float64 // from 0 to 1
	worded          bool
}

// fuse makes one ranking of two, by the weighted mean of their scores, each brought to what
// lies between 0 and 1. What only one ranking has counts as 0 in the other. What is near
// by chance alone is left out. Equal scores are ordered by document and chunk.
func (b blend) fuse(near, worded []index.Hit) []index.Hit {
	candidates := make(map[chunkKey]*candidate)
	of := func(h index.Hit) *candidate {
		key := chunkKey{h.Version, h.ChunkIndex}
		c := candidates[key]
		if c == nil {
			c = &candidate{hit: h}
			candidates[key] = c
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
	var hits []index.Hit
	for _, c := range candidates {
		if !c.worded && b.lexical && c.nearness < lexicalNoise {
			continue
		}
		c.hit.Score = min(1, (b.Words*c.words+b.Vectors*c.nearness)/all)
		hits = append(hits, c.hit)
	}
	slices.SortFunc(hits, func(a, b index.Hit) int {
		return cmp.Or(
			cmp.Compare(b.Score, a.Score),
			strings.Compare(a.Owner, b.Owner),
			strings.Compare(a.DocumentID, b.DocumentID),
			cmp.Compare(a.ChunkIndex, b.ChunkIndex))
	})
	return hits
}

// manyNear is so many that the last of them has little to do with the question.
const manyNear = 50

// least is the cosine that counts as 0. Vectors of many models are all in one corner: texts
// that have nothing to do with each other have 0.7, and what tells them apart is the rest.
func (b blend) least(near []index.Hit) float64 {
	if b.lexical || len(near) < manyNear {
		return 0
	}
	return min(0.99, max(0, near[len(near)-1].Score))
}

// choose takes the best hits, at most limit, none below least, and at most perDocument of a
// version if that is not 0.
func choose(hits []index.Hit, limit, perDocument int, least float64) []index.Hit {
	taken := make(map[string]int)
	var best []index.Hit
	for _, h := range hits {
		if len(best) == limit || h.Score < least {
			break
		}
		if taken[h.Version]++; perDocument > 0 && taken[h.Version] > perDocument {
			continue
		}
		best = append(best, h)
	}
	return best
}
