package api

import (
	"context"

	"morag/internal/index"
	"morag/internal/search"
	"morag/internal/wire"
)

type searched struct {
	Body wire.Search `body:""`
}

func (in searched) check() error {
	if n := in.Body.Limit; n != nil && (*n < 1 || *n > search.MaxLimit) {
		return invalid("limit must be from 1 to %d", search.MaxLimit)
	}
	return nil
}

func (s *Server) search(ctx context.Context, c *call, in searched) (out wire.Found, err error) {
	filter, err := index.ParseFilter(in.Body.Filters)
	if err != nil {
		return out, err
	}
	q := search.Query{Text: in.Body.Query, Mode: search.Mode(in.Body.Mode), Filter: filter,
		MinScore: in.Body.MinScore, PerDocument: in.Body.PerDocument, Expand: in.Body.Expand, Facets: in.Body.Facets, WithoutReranker: in.Body.Rerank != nil && !*in.Body.Rerank}
	if w := in.Body.Weights; w != nil {
		q.Weights = &search.Weights{Words: w.Words, Vectors: w.Vectors}
	}
	if in.Body.Limit != nil {
		q.Limit = *in.Body.Limit
	}
	found, err := s.Search.Search(ctx, c.scope(), q)
	if err != nil {
		return out, err
	}
	out = wire.Found{TookMS: float64(found.Took.Microseconds()) / 1000, Results: make([]wire.Hit, len(found.Hits)), Warnings: append([]string{}, found.Warnings...)}
	for i, h := range found.Hits {
		out.Results[i] = wire.Hit{
			Score: h.Score, Content: h.Content, DocumentID: h.DocumentID, ChunkIndex: h.ChunkIndex, Metadata: wire.Object(h.Metadata),
			Document: hitDocument(h),
		}
		tellPassage(&out.Results[i], h)
		for _, same := range h.AlsoIn {
			out.Results[i].AlsoIn = append(out.Results[i].AlsoIn, wire.AlsoIn{DocumentID: same.DocumentID, Name: wire.Text(same.Source), ChunkIndex: same.ChunkIndex})
		}
		if c.caller.All {
			out.Results[i].Owner = h.Owner
		}
	}
	for name, values := range found.Facets {
		if out.Facets == nil {
			out.Facets = make(map[string][]wire.Facet, len(found.Facets))
		}
		out.Facets[name] = make([]wire.Facet, len(values))
		for i, v := range values {
			out.Facets[name][i] = wire.Facet{Value: v.Value, Count: v.Documents}
		}
	}
	return out, nil
}

func hitDocument(h search.Hit) wire.HitDocument {
	return wire.HitDocument{
		ID: h.Document.ID, Name: wire.Text(h.Document.Name), Title: wire.Text(h.Document.Title), ContentType: h.Document.ContentType,
	}
}

// tellPassage says what in a hit answers the query, and where that is.
func tellPassage(to *wire.Hit, h search.Hit) {
	to.Snippet, to.Before, to.After = h.Passage.Snippet, h.Before, h.After
	to.Highlights = make([][]int, len(h.Passage.Highlights))
	for i, at := range h.Passage.Highlights {
		to.Highlights[i] = []int{at[0], at[1]}
	}
	place := h.Passage.Place
	to.Start, to.End, to.Heading, to.Speaker = place.Start, place.End, place.Heading, place.Speaker
	if place.Page > 0 {
		to.Page = &place.Page
	}
}
