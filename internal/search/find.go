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
}

// find makes one ranking of both, of versions that are in place. What the index shows
// is in place as a rule; a document that was replaced in between is looked for again, so
// that it is not missing although it was there before and after.
func (s *Service) find(ctx context.Context, q question) ([]Hit, error) {
	for look := 1; ; look++ {
		near, worded, err := s.rankings(ctx, q)
		if err != nil {
			return nil, err
		}
		hits, dropped, err := s.inPlace(ctx, near, worded, q)
		if err != nil || !dropped || look == looks {
			return hits, err
		}
	}
}

func (s *Service) rankings(ctx context.Context, q question) (near, worded []index.Hit, err error) {
	// More than are wanted, for what only one ranking has far up may be up in both.
	candidates := max(100, 2*q.Limit)
	if q.PerDocument > 0 {
		candidates *= 2
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

// inPlace is the best hits with their documents, by one question to the store as long as
// all of them are in place. Hits of versions that are not are dropped, and others take
// their places.
func (s *Service) inPlace(ctx context.Context, near, worded []index.Hit, q question) (hits []Hit, dropped bool, err error) {
	for ; ; dropped = true {
		best := choose(q.blend.fuse(near, worded), q.Limit, q.PerDocument, q.MinScore)
		current, err := s.cfg.Documents.Current(ctx, versions(best), maxMetadata)
		if err != nil {
			return nil, false, err
		}
		gone := make(map[string]bool)
		hits = make([]Hit, len(best))
		for i, h := range best {
			d, ok := current[h.Version]
			if hits[i] = (Hit{Hit: h, Document: d}); !ok {
				gone[h.Version] = true
			}
		}
		if len(gone) == 0 {
			return hits, dropped, nil
		}
		near, worded = without(near, gone), without(worded, gone)
	}
}

// versions are those of the hits, each once.
func versions(hits []index.Hit) (names []string) {
	seen := make(map[string]bool)
	for _, h := range hits {
		if !seen[h.Version] {
			seen[h.Version] = true
			names = append(names, h.Version)
		}
	}
	return names
}

func without(hits []index.Hit, gone map[string]bool) (left []index.Hit) {
	for _, h := range hits {
		if !gone[h.Version] {
			left = append(left, h)
		}
	}
	return left
}
