package worker

import "context"

// slots are permits to work on a job. Waiters are served in turn.
type slots chan struct{}

// take waits for one permit and takes what else is free, up to most; 0 when ctx has
// ended.
func (s slots) take(ctx context.Context, most int) int {
	if ctx.Err() != nil {
		return 0
	}
	select {
	case s <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	n := 1
	for n < most && s.try() {
		n++
	}
	return n
}

// try takes a permit if one is free.
func (s slots) try() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) put(n int) {
	for range n {
		<-s
	}
}
