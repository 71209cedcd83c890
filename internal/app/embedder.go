package app

import (
	"context"
	"fmt"

	"morag/internal/config"
	"morag/internal/embed"
	"morag/internal/embed/gemini"
	"morag/internal/embed/hash"
	"morag/internal/embed/openai"
)

// newEmbedder makes the embedder that the settings choose.
func newEmbedder(ctx context.Context, c config.Embedding) (embed.Embedder, error) {
	switch c.Embedder {
	case "gemini":
		e, err := gemini.New(ctx, gemini.Config{
			APIKey: c.GeminiAPIKey, BaseURL: c.GeminiBaseURL, Model: c.EmbeddingModel, Dimension: c.EmbeddingDimension,
		})
		if err != nil {
			return nil, err
		}
		return embed.Retry(e, embed.Policy{}), nil
	case "openai":
		e, err := openai.New(ctx, openai.Config{
			APIKey: c.OpenAIAPIKey, BaseURL: c.OpenAIBaseURL, Model: c.EmbeddingModel, Dimension: c.EmbeddingDimension,
		})
		if err != nil {
			return nil, err
		}
		return embed.Retry(e, embed.Policy{}), nil
	case "hash", "":
		return hash.New(c.EmbeddingDimension), nil
	}
	return nil, fmt.Errorf("MORAG_EMBEDDER must be hash, gemini or openai, not %q", c.Embedder)
}

// lexical tells whether an embedder compares words and no meaning.
func lexical(e embed.Embedder) bool {
	_, ok := e.(*hash.Embedder)
	return ok
}
