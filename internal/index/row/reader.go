package row

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Readers knows the searches under way, so that a version can outlive those that may
// still read it. The zero value has
// none. Its methods may be called at the same time.
type Readers struct {
	mu   sync.Mutex // guards open
	open map[chan struct{}]bool
}

// Enter notes a search; its end is noted by calling what Enter returns, once.
func (r *Readers) Enter() (leave func()) {
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

// Wait returns when every search that was under way at the call has ended.
func (r *Readers) Wait(ctx context.Context) error {
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
