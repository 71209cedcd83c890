package api

import (
	"context"

	"morag/internal/reindex"
	"morag/internal/wire"
)

var reindexExample = wire.Reindex{State: "running", Done: 64_000, Total: 100_000, Model: "openai/text-embedding-3-small", Searched: "hash-v1-512"}

func (s *Server) showReindex(ctx context.Context, _ *call, _ none) (wire.Reindex, error) {
	return s.reindexed(ctx, nil)
}

func (s *Server) startReindex(ctx context.Context, _ *call, _ none) (wire.Reindex, error) {
	return s.reindexed(ctx, (*reindex.Service).Start)
}

func (s *Server) stopReindex(ctx context.Context, _ *call, _ none) (wire.Reindex, error) {
	return s.reindexed(ctx, (*reindex.Service).Stop)
}

// reindexed tells how the exchange goes, once change, if any, is done.
func (s *Server) reindexed(ctx context.Context, change func(*reindex.Service, context.Context) error) (wire.Reindex, error) {
	if change != nil {
		if err := change(s.Reindex, ctx); err != nil {
			return wire.Reindex{}, err
		}
	}
	st, err := s.Reindex.Status(ctx)
	return wire.Reindex{
		State: string(st.State), Done: st.Embedded, Total: st.Chunks, Model: st.Next.Name, Searched: st.Model.Name,
		StartedAt: wire.At(st.Since), Failure: st.Failure,
	}, err
}
