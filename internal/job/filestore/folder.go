package filestore

import (
	"sync"
	"sync/atomic"
)

// folder is one status folder, whose syncs are shared: while one runs, all that
// come wait for the next, so that any number of concurrent changes costs two.
type folder struct {
	name string
	disk disk

	turn chan struct{} // has one element while a sync runs

	mu   sync.Mutex
	next *round // joined by those who come now, guarded by mu

	removed atomic.Int64 // removals so far
	synced  atomic.Int64 // how many of them a sync has made durable
}

func newFolder(name string, d disk) *folder {
	return &folder{name: name, disk: d, turn: make(chan struct{}, 1)}
}

// round is one sync and those who wait for it.
type round struct {
	done chan struct{}
	err  error
}

// sync returns when a sync that began after the call has ended.
func (f *folder) sync() error {
	f.mu.Lock()
	r := f.next
	lead := r == nil
	if lead {
		r = &round{done: make(chan struct{})}
		f.next = r
	}
	f.mu.Unlock()

	if lead {
		f.turn <- struct{}{}
		f.mu.Lock()
		f.next = nil // who comes from here on may be too late for this one
		f.mu.Unlock()
		removed := f.removed.Load()
		if r.err = f.disk.Sync(f.name); r.err == nil {
			f.synced.Store(removed)
		}
		<-f.turn
		close(r.done)
	}
	<-r.done
	return r.err
}

// remove unlinks a file. It is not synced: a copy that a power failure brings back
// loses against the newer one, and syncRemovals makes it durable where there is none.
func (f *folder) remove(file string) error {
	err := f.disk.Remove(f.name + "/" + file)
	if err == nil {
		f.removed.Add(1)
	}
	return err
}

// syncRemovals makes the removals so far durable.
func (f *folder) syncRemovals() error {
	if f.synced.Load() >= f.removed.Load() {
		return nil
	}
	return f.sync()
}
