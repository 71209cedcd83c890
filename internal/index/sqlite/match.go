package sqlite

import (
	"context"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/row"
)

// Match implements [index.Index]. An n over 1000 is taken for 1000.
func (x *Index) Match(ctx context.Context, text string, n int, s index.Scope) ([]index.Found, error) {
	found, err := x.match(ctx, text, min(n, row.MaxHits), s)
	if err != nil {
		return nil, fmt.Errorf("search by words: %w", err)
	}
	return found, nil
}

func (x *Index) match(ctx context.Context, text string, n int, s index.Scope) ([]index.Found, error) {
	if err := x.Ready(); err != nil {
		return nil, err
	}
	defer x.readers.Enter()()
	snapshot := x.words.Snapshot(s.Owner, s.AllOwners)
	allowed, err := x.resolve(ctx, s)
	if err != nil {
		return nil, err
	}
	return x.search(s).Words(ctx, snapshot, text, n, allowed)
}

// search is how snapshots of this index are searched.
func (x *Index) search(s index.Scope) row.Search { return row.Search{Scope: s, Read: x.read} }
