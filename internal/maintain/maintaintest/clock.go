package maintaintest

import (
	"sync"
	"time"
)

// Clock is the time of a place whose stores take it from the program.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock makes a clock that stands still.
func NewClock() *Clock { return &Clock{at: time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)} }

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the time.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
