package jobtest

import (
	"sync"
	"time"
)

// Clock is a clock that the suite moves, for subjects whose stores ask a function for
// the time. Its readings carry no monotonic part, so that a store sees it jump.
type Clock struct {
	mu    sync.Mutex
	at    time.Time // guarded by mu
	moved []func()  // likewise
}

// NewClock makes a clock that stands still.
func NewClock() *Clock {
	return &Clock{at: time.Date(2026, 5, 1, 12, 0, 0, 123456000, time.UTC)}
}

// Now is the present time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Move moves the clock, back too, and tells those who watch it.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	c.at = c.at.Add(d)
	moved := c.moved
	c.mu.Unlock()
	for _, tell := range moved {
		tell()
	}
}

// Watch has fn called whenever the clock has been moved. A store that rests until
// something is due by this clock looks again then.
func (c *Clock) Watch(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = append(c.moved[:len(c.moved):len(c.moved)], fn)
}
