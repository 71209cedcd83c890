// Package stack keeps goroutines that wait small. A goroutine's stack grows with the
// deepest call that it has made, and shrinks late: ten thousand requests that ask a
// database, encode JSON and then wait for a minute would each keep what that took.
package stack

import "context"

// Apart runs functions on stacks of their own, a few at a time, so that a crowd that comes
// at once does not have them all grow. It is safe for concurrent use.
type Apart struct{ places chan struct{} }

// New lets n run at a time.
func New(n int) *Apart { return &Apart{make(chan struct{}, n)} }

// Run runs fn when there is a place, and returns when fn has returned. It is ctx's error,
// and fn is not run, when ctx ends before. What panics in fn panics in the caller. fn must
// not call Run of the same Apart.
func (a *Apart) Run(ctx context.Context, fn func()) error {
	select {
	case a.places <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	panicked := make(chan any, 1)
	go func() {
		defer func() {
			<-a.places
			panicked <- recover()
		}()
		fn()
	}()
	if p := <-panicked; p != nil {
		panic(p)
	}
	return nil
}
