package fleet

import "time"

const (
	// BeatEvery is how often a server says that it lives.
	BeatEvery = 10 * time.Second
	// Gap is the silence of all servers from which on there was none: three beats, and a
	// moment.
	Gap = 35 * time.Second
)

// Up is since when at least one server has been there to be asked, without a gap, and
// when one was last heard of.
type Up struct {
	Since time.Time
	Beat  time.Time
}

// Start notes the start of a server. alone tells that no other has been heard of for less
// than [Gap]: then whatever was before, nobody could be asked until now.
func (u Up) Start(alone bool, now time.Time) Up {
	if alone {
		return Up{Since: now, Beat: now}
	}
	return u.Renew(now)
}

// Renew notes that a server lives.
func (u Up) Renew(now time.Time) Up {
	if u.Since.IsZero() || now.Sub(u.Beat) >= Gap {
		u.Since = now
	}
	u.Beat = now
	return u
}

// At is since when servers have been there as of now, now itself when there is none.
func (u Up) At(now time.Time) time.Time {
	if u.Since.IsZero() || now.Sub(u.Beat) >= Gap {
		return now
	}
	return u.Since
}
