package search

import (
	"context"
	"slices"

	"morag/internal/index"
)

// reranked is how many of the best are ordered anew, or as many as are wanted.
const reranked = 50

// lateReranker is told when the order is that without a reranker.
const lateReranker = "the reranker did not answer in time: the results are in the order without it"

// rerank orders the best anew, when there is a reranker. The others stay behind them. When
// it does not answer in time the order stands, and a warning says so.
func (s *Service) rerank(ctx context.Context, q question, ranked []index.Found) ([]index.Found, error) {
	if s.cfg.Reranker == nil || q.WithoutReranker || len(ranked) == 0 {
		return ranked, nil
	}
	hits, err := s.cfg.Index.Read(ctx, ranked[:min(len(ranked), max(reranked, q.Limit))])
	if err != nil || len(hits) == 0 {
		return ranked, err
	}
	texts := make([]string, len(hits))
	for i, h := range hits {
		texts[i] = h.Content
	}
	bounded, cancel := context.WithTimeout(ctx, s.cfg.RerankTimeout)
	defer cancel()
	scores, err := s.cfg.Reranker.Rerank(bounded, q.text, texts)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		s.log.Warn("search without the reranker", "err", err)
		q.warn(lateReranker)
		return ranked, nil
	}
	anew := make([]index.Found, len(hits), len(ranked))
	least := 1.0
	for i, h := range hits {
		anew[i] = h.Found
		anew[i].Score = scores[i]
		least = min(least, scores[i])
	}
	slices.SortStableFunc(anew, better)
	for _, f := range ranked[min(len(ranked), max(reranked, q.Limit)):] {
		f.Score = min(f.Score, least)
		anew = append(anew, f)
	}
	return anew, nil
}
