package api

import (
	"net/http"

	"morag/internal/index"
	"morag/internal/search"
	"morag/internal/wire"
)

func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	var in wire.Search
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	filter, err := index.ParseFilter(in.Filters)
	if err != nil {
		return err
	}
	q := search.Query{Text: in.Query, Filter: filter}
	if in.Limit != nil {
		if *in.Limit < 1 || *in.Limit > search.MaxLimit {
			return invalid("limit must be from 1 to %d", search.MaxLimit)
		}
		q.Limit = *in.Limit
	}
	found, err := s.Search.Search(r.Context(), scopeOf(r), q)
	if err != nil {
		return err
	}
	out := wire.Found{Results: make([]wire.Hit, len(found.Hits)), Warnings: found.Warnings}
	for i, h := range found.Hits {
		out.Results[i] = wire.Hit{Score: h.Score, Content: h.Content, DocumentID: h.DocumentID, ChunkIndex: h.ChunkIndex, Metadata: h.Metadata}
		if callerOf(r).All {
			out.Results[i].Owner = h.Owner
		}
	}
	return writeJSON(w, http.StatusOK, out)
}
