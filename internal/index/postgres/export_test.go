package postgres

import (
	"context"
	"time"
)

// Apply makes searches see some versions, by their names, and no longer others, unless one
// of the first is not shown any more: then it is false.
func (x *Index) Apply(ctx context.Context, show, hide string) (whole bool, err error) {
	numbers := func(name string) (map[int64]bool, error) {
		all, err := x.numbers(ctx, `SELECT id FROM index_version WHERE name = $1`, name)
		set := map[int64]bool{}
		for _, id := range all {
			set[id] = true
		}
		return set, err
	}
	shown, err := numbers(show)
	if err != nil {
		return false, err
	}
	hidden, err := numbers(hide)
	if err != nil {
		return false, err
	}
	x.followed.mu.Lock()
	defer x.followed.mu.Unlock()
	return x.apply(ctx, shown, hidden, map[int64]string{})
}

// Prepare holds what there is of the next model in memory.
func (x *Index) Prepare(ctx context.Context) error { return x.prepare(ctx) }

// Hold keeps everybody from staging, as what finishes does.
func (x *Index) Hold(ctx context.Context, d time.Duration) error { return x.hold(ctx, d) }
