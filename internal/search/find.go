package search

import (
	"context"

	"morag/internal/index"
)

// looks bounds how often the index is asked for one search, because a document was
// replaced while it was looked for.
const looks = 3

// question is what both rankings are asked for.
type question struct {
	Query
	text   string
	vector []float32 // nil: by words only
	scope  index.Scope
	blend  blend
	warn   func(warning string)
}

// find makes one ranking of both, of versions that are in place. What the index shows
// is in place as a rule; a document that was replaced in between is looked for again, so
// that it is not missing although it was there before and after. ranked is all that could
// have been taken.
func (s *Service) find(ctx context.Context, q question) (hits []Hit, ranked []index.Found, err error) {
	for look := 1; ; look++ {
		near, worded, err := s.rankings(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		ranked, err = s.rerank(ctx, q, q.blend.fuse(near, worded))
		if err != nil {
			return nil, nil, err
		}
		q.warn = func(string) {} // once is enough
		hits, dropped, err := s.take(ctx, ranked, q)
		if err != nil || !dropped || look == looks {
			return hits, ranked, err
		}
	}
}

// faceted is how many chunks of each ranking facets are counted over.
const faceted = 1000

func (s *Service) rankings(ctx context.Context, q question) (near, worded []index.Found, err error) {
	// More than are wanted, for what only one ranking has far up may be up in both.
	candidates := max(100, 2*q.Limit)
	if q.PerDocument > 0 {
		candidates *= 2
	}
	if len(q.Facets) > 0 {
		candidates = faceted
	}
	if q.vector != nil {
		if near, err = s.cfg.Index.Nearest(ctx, q.vector, candidates, q.scope); err != nil {
			return nil, nil, err
		}
	}
	if q.Mode == Vectors {
		return near, nil, nil
	}
	worded, err = s.cfg.Index.Match(ctx, q.text, candidates, q.scope)
	return near, worded, err
}

// take reads the best until there are as many as are wanted, with their documents. Hits of
// versions that are not in place are dropped, what says nearly the same as a better one is
// noted with that, and others take their places.
func (s *Service) take(ctx context.Context, ranked []index.Found, q question) (hits []Hit, dropped bool, err error) {
	t := taking{Query: q.Query, left: ranked, of: make(map[int64]int)}
	for {
		batch := t.next()
		if len(batch) == 0 {
			return t.hits, dropped, nil
		}
		read, err := s.cfg.Index.Read(ctx, batch)
		if err != nil {
			return nil, false, err
		}
		current, err := s.cfg.Documents.Current(ctx, versions(read), maxMetadata)
		if err != nil {
			return nil, false, err
		}
		dropped = dropped || len(read) < len(batch)
		for _, h := range read {
			d, inPlace := current[h.Name]
			if !inPlace {
				dropped = true
				continue
			}
			t.add(Hit{Hit: h, Document: d})
		}
	}
}

// versions are the names of those of the hits, each once.
func versions(hits []index.Hit) (names []string) {
	seen := make(map[string]bool)
	for _, h := range hits {
		if !seen[h.Name] {
			seen[h.Name] = true
			names = append(names, h.Name)
		}
	}
	return names
}
