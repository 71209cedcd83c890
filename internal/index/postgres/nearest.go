package postgres

import (
	"context"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/index/vector"
)

// Nearest implements [index.Index]; an n over 1000 is taken for 1000.
func (x *Index) Nearest(ctx context.Context, v []float32, n int, s index.Scope) ([]index.Found, error) {
	found, err := x.nearest(ctx, v, min(n, row.MaxHits), s)
	if err != nil {
		return nil, fault("search by vector", err)
	}
	return found, nil
}

func (x *Index) nearest(ctx context.Context, v []float32, n int, s index.Scope) ([]index.Found, error) {
	if len(v) != x.dimension {
		return nil, fmt.Errorf("%w: the query has %d dimensions, the index %d", index.ErrModel, len(v), x.dimension)
	}
	defer x.readers.Enter()()
	if err := x.current(ctx); err != nil {
		return nil, err
	}
	snapshot := x.vectors.Snapshot()
	q := vector.Query{Vector: v}
	if !s.AllOwners {
		q.Group = func(_ int64, owner string) bool { return owner == s.Owner }
	}
	if len(s.Filter) > 0 {
		pass, err := x.resolve(ctx, s)
		if err != nil {
			return nil, err
		}
		q.Group, q.Row = pass.Version, pass.Chunk
	}
	return x.search(s).Wanted(ctx, n, func(n int) ([]index.Found, error) {
		q.N = n
		matches, err := snapshot.Nearest(ctx, q)
		all := make([]index.Found, len(matches))
		for i, m := range matches {
			all[i] = index.Found{Chunk: m.ID, Version: m.Group, Score: float64(m.Score)}
		}
		return all, err
	})
}
