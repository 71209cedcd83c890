package search

import (
	"cmp"
	"slices"
	"strings"

	"morag/internal/index"
)

// rankConstant damps the difference between the first places. 60 is the value of
// Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
// individual Rank Learning Methods", SIGIR 2009, who found results to depend little
// on it.
const rankConstant = 60

// chunkKey is a chunk of one version of a document.
type chunkKey struct {
	version string
	chunk   int
}

type candidate struct {
	hit  index.Hit
	sum  float64 // of 1/(rankConstant + rank)
	best int     // rank
}

// fuse makes one ranking of two by reciprocal rank fusion: every chunk has the sum of
// 1/(60 + its rank), from 1, over the rankings that have it. Scores of the rankings
// themselves, a cosine and a BM25, do not compare and do not count. Equal sums are
// ordered by the better rank, then by document and chunk.
func fuse(near, worded []index.Hit, limit int) []index.Hit {
	candidates := make(map[chunkKey]*candidate)
	add := func(hits []index.Hit) {
		for i, h := range hits {
			key := chunkKey{h.Version, h.ChunkIndex}
			c := candidates[key]
			if c == nil {
				c = &candidate{hit: h, best: i + 1}
				candidates[key] = c
			}
			c.sum += 1 / float64(rankConstant+i+1)
			c.best = min(c.best, i+1)
		}
	}
	add(near)
	add(worded)

	ranked := make([]*candidate, 0, len(candidates))
	for _, c := range candidates {
		ranked = append(ranked, c)
	}
	slices.SortFunc(ranked, func(a, b *candidate) int {
		return cmp.Or(
			cmp.Compare(b.sum, a.sum),
			cmp.Compare(a.best, b.best),
			strings.Compare(a.hit.Owner, b.hit.Owner),
			strings.Compare(a.hit.DocumentID, b.hit.DocumentID),
			cmp.Compare(a.hit.ChunkIndex, b.hit.ChunkIndex))
	})
	const bestSum = 2.0 / (rankConstant + 1)
	hits := make([]index.Hit, min(limit, len(ranked)))
	for i := range hits {
		hits[i] = ranked[i].hit
		hits[i].Score = ranked[i].sum / bestSum
	}
	return hits
}
