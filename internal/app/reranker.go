package app

import (
	"time"

	"morag/internal/config"
	"morag/internal/rerank"
	"morag/internal/search"
)

// newReranker is the service that orders results anew, nil when none is set.
func newReranker(set config.Rerank) search.Reranker {
	if set.RerankURL == "" {
		return nil
	}
	return rerank.New(rerank.Config{URL: set.RerankURL, APIKey: set.RerankAPIKey, Model: set.RerankModel})
}

// withReranker completes what a search needs.
func withReranker(c search.Config, set config.Rerank) search.Config {
	c.Reranker, c.RerankTimeout = newReranker(set), time.Duration(set.RerankTimeout)
	return c
}
