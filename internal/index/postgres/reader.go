package postgres

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// readers knows the searches under way, so that a version can outlive those that may
// still read it. The zero value has none.
type readers struct {
	mu   sync.Mutex // guards open
	open map[chan struct{}]bool
}

// enter notes a search; its end is noted by calling what enter returns, once.
func (r *readers) enter() (leave func()) {
	over := make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		r.open = make(map[chan struct{}]bool)
	}
	r.open[over] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.open, over)
		close(over)
	}
}

// wait returns when every search that was under way at the call has ended.
func (r *readers) wait(ctx context.Context) error {
	r.mu.Lock()
	open := slices.Collect(maps.Keys(r.open))
	r.mu.Unlock()
	for _, over := range open {
		select {
		case <-over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
