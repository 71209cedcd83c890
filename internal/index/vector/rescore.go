package vector

import (
	"context"
	"math"
	"slices"
)

// Source reads the vectors of rows as they were added, in any order, and calls each with
// every one that is there. A vector is only valid during the call.
type Source func(ctx context.Context, ids []int64, each func(id int64, v []float32)) error

// candidates is how many rows are looked at closely to find the best n. What codes are off
// moves a row by a few places, so that as a rule these are enough.
func candidates(n int) int { return n + min(n+50, 150) }

// maxCandidates bounds how many are looked at where many rows are about equally near.
const maxCandidates = 4096

// rescore orders the candidates by their true cosines and returns the best n. They are
// certain when the worst of the candidates is further from them than codes are off.
func (s *search) rescore(ctx context.Context, source Source, found []Match) (best []Match, certain bool, err error) {
	ids := make([]int64, len(found))
	at := make(map[int64]int, len(found))
	for i, m := range found {
		ids[i], at[m.ID] = m.ID, i
	}
	off := 0.0
	best = make([]Match, 0, len(found))
	err = source(ctx, ids, func(id int64, v []float32) {
		m := found[at[id]]
		coded := m.Score
		m.Score = s.cosine(v)
		off = max(off, math.Abs(float64(m.Score-coded)))
		best = append(best, m)
	})
	if err != nil || len(best) == 0 {
		return nil, true, err
	}
	slices.SortFunc(best, better)
	best = best[:min(len(best), s.N)]
	certain = float64(found[len(found)-1].Score)+2*off < float64(best[len(best)-1].Score)
	return best, certain, nil
}

func (s *search) cosine(v []float32) float32 {
	var product, squares float64
	for i, x := range s.unit[:len(v)] {
		product += float64(x) * float64(v[i])
		squares += float64(v[i]) * float64(v[i])
	}
	return float32(product / math.Sqrt(squares))
}
