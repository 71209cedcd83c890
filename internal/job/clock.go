package job

import (
	"sync"
	"time"
)

// Clock is the clock of a store: it goes on from the clock it was given and never
// goes backwards. As much time passes on it as passes on that one; when that one is
// set back, it stands still until the next reading and then runs on. With time.Now, whose
// readings carry a monotonic part, a wall clock that is set moves nothing at all, so
// neither leases nor deadlines are lost by it; the true time is taken up at the next
// start. It is safe for concurrent use.
type Clock struct {
	now func() time.Time

	mu   sync.Mutex // guards last, at
	last time.Time  // the newest reading of now
	at   time.Time  // what that reading means
}

// NewClock makes a clock that starts at now(), or at floor when that is later: the
// newest created_at on record, so that order survives a restart with a clock that
// was set back meanwhile. A nil now means time.Now.
func NewClock(now func() time.Time, floor time.Time) *Clock {
	if now == nil {
		now = time.Now
	}
	t := now()
	at := t.Round(0)
	if floor.After(at) {
		at = floor
	}
	return &Clock{now: now, last: t, at: at}
}

// Now is the present time, as [Stamp] keeps it.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.now()
	if passed := t.Sub(c.last); passed > 0 {
		c.at = c.at.Add(passed)
	}
	c.last = t
	return Stamp(c.at)
}
