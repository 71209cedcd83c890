// Package space tells whether there is room left on disks, before there is none.
package space

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrLow: a disk is nearly full.
var ErrLow = errors.New("the server's disk is nearly full: it takes nothing new until there is room again")

// fresh is how long a disk that had room is not asked again. One that had none is asked every
// time: what waits for room is to go on at once.
const fresh = time.Second

// Guard watches the disks of some folders. It is safe for concurrent use.
type Guard struct {
	folders []string
	least   int64
	now     func() time.Time
	of      func(string) (free, all int64, err error)

	mu   sync.Mutex
	at   time.Time // when the disks were last asked
	room int64     // less what is to stay free, of the disk that has least
	err  error
}

// Usual is what is to stay free of a disk unless somebody says otherwise: this, or a twentieth
// of the disk when that is less.
const Usual = 1 << 30

// Watch has least bytes stay free on the disks of folders; 0 is for [Usual].
func Watch(least int64, now func() time.Time, folders ...string) *Guard {
	return &Guard{folders: folders, least: least, now: now, of: Of}
}

// Check is nil as long as there is room for so many bytes. [ErrLow], or that a disk cannot be
// asked.
func (g *Guard) Check(bytes int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.now(); g.err != nil || bytes > g.room || now.Sub(g.at) >= fresh || now.Before(g.at) {
		g.at = now
		g.room, g.err = g.measure()
	}
	if g.err != nil {
		return g.err
	}
	if bytes > g.room {
		return ErrLow
	}
	return nil
}

// measure asks the disks.
func (g *Guard) measure() (room int64, err error) {
	for i, folder := range g.folders {
		free, all, err := g.of(folder)
		if err != nil {
			return 0, fmt.Errorf("ask how much room there is: %w", err)
		}
		left := free - cmp.Or(g.least, min(Usual, all/20))
		if i == 0 || left < room {
			room = left
		}
	}
	return room, nil
}
