package api

import (
	"context"

	"morag/internal/reindex"
	"morag/internal/wire"
)

var reindexExample = wire.Reindex{State: "running", Done: 64_000, Total: 100_000, Model: "openai/text-embedding-3-small", Searched: "hash-v1-512"}

func (s *Server) showReindex(ctx context.Context, _ *call, _ none) (wire.Reindex, error) {
	if s.Reindex == nil {
		return wire.Reindex{}, reindex.ErrUnable
	}
	return reindexStatus(s.Reindex.Status(ctx))
}

func (s *Server) startReindex(ctx context.Context, _ *call, _ none) (wire.Reindex, error) {
	if s.Reindex == nil {
		return wire.Reindex{}, reindex.ErrUnable
	}
	if err := s.Reindex.Start(ctx); err != nil {
		return wire.Reindex{}, err
	}
	return reindexStatus(s.Reindex.Status(ctx))
}

func (s *Server) stopReindex(ctx context.Context, _ *call, _ none) (wire.Reindex, error) {
	if s.Reindex == nil {
		return wire.Reindex{}, reindex.ErrUnable
	}
	if err := s.Reindex.Stop(ctx); err != nil {
		return wire.Reindex{}, err
	}
	return reindexStatus(s.Reindex.Status(ctx))
}

func reindexStatus(st reindex.Status, err error) (wire.Reindex, error) {
	out := wire.Reindex{
		State: string(st.State), Done: st.Embedded, Total: st.Chunks, Model: st.Next.Name, Searched: st.Model.Name, Failure: st.Failure,
	}
	if !st.Since.IsZero() {
		since := st.Since.UTC()
		out.StartedAt = &since
	}
	return out, err
}
