package app

import (
	"context"

	"morag/internal/config"
	"morag/internal/index"
	"morag/internal/index/pgvector"
	"morag/internal/index/qdrant"
	"morag/internal/postgres"
)

// openVectors opens what searches the vectors of servers that share a database, nil for their
// memory.
func (s *stores) openVectors(ctx context.Context, db *postgres.DB, set config.Server) (index.Vectors, error) {
	switch set.VectorURL {
	case "":
		return nil, nil
	case config.PGVector:
		vectors, err := pgvector.Open(ctx, db)
		if err != nil {
			return nil, err
		}
		return vectors, nil
	}
	if err := qdrant.Parse(set.VectorURL); err != nil {
		return nil, &SettingError{err}
	}
	vectors, err := qdrant.Open(ctx, qdrant.Config{URL: set.VectorURL, APIKey: set.VectorAPIKey})
	if err != nil {
		return nil, err
	}
	s.cleanup.add("vectors", vectors.Close)
	return vectors, nil
}
