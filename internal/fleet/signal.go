package fleet

import (
	"context"
	"sync"
)

// Signal tells any number of readers that something has changed, each at least once
// after the last change. The zero value is ready. It is safe for concurrent use.
type Signal struct {
	mu      sync.Mutex
	readers map[chan struct{}]struct{} // mu guards it
}

// Tell tells every reader.
func (s *Signal) Tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.readers {
		select {
		case r <- struct{}{}:
		default: // it has yet to take the last one
		}
	}
}

// Read returns a channel that receives after changes, until ctx ends. It is not closed.
func (s *Signal) Read(ctx context.Context) <-chan struct{} {
	r := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readers == nil {
		s.readers = map[chan struct{}]struct{}{}
	}
	s.readers[r] = struct{}{}
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.readers, r)
	})
	return r
}
