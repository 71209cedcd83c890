package postgres

import (
	"context"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/row"
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
	defer x.readers.Enter()()
	if err := x.current(ctx); err != nil {
		return nil, err
	}
	used := x.used.Load()
	if err := row.GoesWith(used.Model, s.Model); err != nil {
		return nil, err
	}
	if len(v) != used.Dimension {
		return nil, fmt.Errorf("%w: the query has %d dimensions, the index %d", index.ErrModel, len(v), used.Dimension)
	}
	if x.outside != nil {
		return x.nearestOutside(ctx, used, v, n, s)
	}
	snapshot := used.Vectors.Snapshot()
	allowed, err := x.resolve(ctx, s)
	if err != nil {
		return nil, err
	}
	return x.search(s).Vectors(ctx, snapshot, v, n, allowed)
}
