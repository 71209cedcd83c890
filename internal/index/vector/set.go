// Package vector finds the nearest vectors by looking at all of them, without an index to
// build, tune or keep in step. It holds a code of each in memory, a fourth of its size, and
// reads the vectors themselves only of those rows that the codes say to be close.
//
// Vectors come in groups, all of which are shown to searches at once or not at all
// (the index's groups are document versions). What searches see is a [Snapshot],
// which never changes; every change publishes another one that shares what is the
// same. A group's codes are contiguous in blocks, so that to hide a group is to
// leave its blocks out, and its memory is free when the last snapshot is gone; there
// is nothing to compact. The price: groups of one vector each are scanned about three
// times slower than groups of fifty.
//
// A vector of d dimensions takes d bytes (d rounded up to 32), 16 of its own and its share
// of a block's 100 or so: 530 bytes at 512 dimensions, 53 MB for 100,000 of them.
package vector

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Row is a vector and the number by which the caller knows it.
type Row struct {
	ID     int64
	Vector []float32 // not kept; any length but infinity
}

// Batch is rows of one group.
type Batch struct {
	Group int64
	Rows  []Row
}

// Set is all groups, shown and hidden. It is safe for concurrent use; changes wait
// for each other, searches for nothing.
type Set struct {
	dimension int
	source    Source

	mu        sync.Mutex // guards groups, next and public, and orders changes
	groups    map[int64]*group
	next      int // the shard of the next new group
	public    bool
	published atomic.Pointer[Snapshot]
}

type group struct {
	owner  string
	shown  bool
	shard  int
	blocks []*block // a new list with every change: snapshots hold the blocks
}

// New returns an empty set of vectors of that dimension, which source has. Its snapshot stays
// empty until [Set.Publish], so that filling it costs no copies.
func New(dimension int, source Source) *Set {
	s := &Set{dimension: dimension, source: source, groups: make(map[int64]*group)}
	s.published.Store(&Snapshot{dimension: dimension, source: source})
	return s
}

// Publish makes searches see what is shown, now and after every change to come.
func (s *Set) Publish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.public = true
	s.publish(s.groups)
}

// Snapshot is what searches see now.
func (s *Set) Snapshot() *Snapshot { return s.published.Load() }

// Add adds rows, hidden unless their group is shown. A row whose ID its group has
// already replaces that one. Vectors without a direction, that is zero or not finite,
// are left out: they are near nothing. One of another dimension panics.
func (s *Set) Add(batches ...Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	touched := make(map[int64]*group, len(batches))
	for _, b := range batches {
		ids := make([]int64, len(b.Rows))
		for i, r := range b.Rows {
			ids[i] = r.ID
		}
		g := s.group(b.Group)
		g.blocks = append(g.without(ids), pack(s.dimension, b.Rows)...)
		touched[b.Group] = g
	}
	s.publish(touched)
}

// Remove removes rows of a group by their IDs; those it does not have do not matter.
func (s *Set) Remove(id int64, rows []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.groups[id]; g != nil {
		g.blocks = g.without(rows)
		s.publish(map[int64]*group{id: g})
	}
}

// Shown names a group that searches see, and whose it is.
type Shown struct {
	Group int64
	Owner string
}

// Switch shows some groups and hides others, at once. A group may be shown before
// its rows are added.
func (s *Set) Switch(show []Shown, hide []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	touched := make(map[int64]*group, len(show)+len(hide))
	for _, id := range hide {
		if g := s.groups[id]; g != nil {
			g.shown = false
			touched[id] = g
		}
	}
	for _, sh := range show {
		g := s.group(sh.Group)
		g.shown, g.owner = true, sh.Owner
		touched[sh.Group] = g
	}
	s.publish(touched)
}

// Drop forgets groups.
func (s *Set) Drop(groups ...int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	touched := make(map[int64]*group, len(groups))
	for _, id := range groups {
		if g := s.groups[id]; g != nil {
			g.shown = false
			touched[id] = g
			delete(s.groups, id)
		}
	}
	s.publish(touched)
}

// group is the group of that number, a new one when there is none. Groups go to the
// shards in turn, so that shards are of about one size.
func (s *Set) group(id int64) *group {
	g := s.groups[id]
	if g == nil {
		g = &group{shard: s.next % shards}
		s.next++
		s.groups[id] = g
	}
	return g
}

// publish makes a snapshot in which the touched groups are as they are now. Shards
// without one of them are those of the snapshot before.
func (s *Set) publish(touched map[int64]*group) {
	if !s.public {
		return
	}
	next := *s.published.Load()
	copied := make(map[int]bool, len(touched))
	for _, g := range touched {
		if copied[g.shard] {
			continue
		}
		copied[g.shard] = true
		parts := make([]part, 0, len(next.shards[g.shard])+1)
		for _, p := range next.shards[g.shard] {
			if _, ok := touched[p.group]; ok {
				next.rows -= len(p.rows)
			} else {
				parts = append(parts, p)
			}
		}
		next.shards[g.shard] = parts
	}
	for id, g := range touched {
		if !g.shown {
			continue
		}
		for _, b := range g.blocks {
			next.rows += len(b.rows)
			next.shards[g.shard] = append(next.shards[g.shard], part{group: id, owner: g.owner, block: b})
		}
	}
	s.published.Store(&next)
}

// without is a new list of the group's blocks, without the rows of these IDs. New IDs
// mostly are larger than all before, and then there is nothing to look at.
func (g *group) without(ids []int64) []*block {
	blocks := make([]*block, 0, len(g.blocks)+1)
	if len(ids) == 0 {
		return append(blocks, g.blocks...)
	}
	least := slices.Min(ids)
	var gone map[int64]bool
	for _, b := range g.blocks {
		if b.largest >= least {
			if gone == nil {
				gone = make(map[int64]bool, len(ids))
				for _, id := range ids {
					gone[id] = true
				}
			}
			b = b.without(gone)
		}
		if b != nil {
			blocks = append(blocks, b)
		}
	}
	return blocks
}
