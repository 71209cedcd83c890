package word

import (
	"cmp"
	"encoding/binary"
	"slices"

	"morag/internal/index/mapped"
)

// segment is the terms of some chunks, with a list of chunks for each term. It does not
// change; which of its chunks are shown is told apart from it.
type segment struct {
	chunks    []member
	groups    []span
	languages uint32 // a bit of each
	words     uint64 // of all chunks

	terms  []uint32 // sorted
	lists  []list   // of each term
	blocks []block
	data   []byte

	file *mapped.File // that all of these are in, nil for none
}

// member is a chunk of a segment.
type member struct {
	id     int64
	length uint32
	group  uint32 // of segment.groups
}

// span is where a group's chunks stand.
type span struct {
	group    int64
	from, to uint32
}

// list is the chunks that have a term.
type list struct {
	first, end uint32 // of its blocks
	chunks     uint32
	// For bounding what it adds to a score.
	most     uint32 // the highest count
	shortest uint32 // the shortest chunk
}

// blockSize is how many chunks a block has, but the last of a list.
const blockSize = 128

// block is a part of a list: where it is in data, and its last chunk, so that it can be
// passed over.
type block struct {
	last   uint32
	offset uint32
}

// newSegment makes a segment of the chunks of one group.
func newSegment(languages uint32, chunks []chunk) *segment {
	s := &segment{languages: languages, groups: []span{{to: uint32(len(chunks))}}}
	type occurrence struct{ term, chunk, count uint32 }
	var all []occurrence
	for i, c := range chunks {
		for _, e := range c.entries {
			all = append(all, occurrence{e.term, uint32(i), e.count})
		}
		s.chunks = append(s.chunks, member{id: c.id, length: c.length})
		s.words += uint64(c.length)
	}
	slices.SortFunc(all, func(a, b occurrence) int {
		return cmp.Compare(uint64(a.term)<<32|uint64(a.chunk), uint64(b.term)<<32|uint64(b.chunk))
	})
	w := writer{segment: s}
	for _, o := range all {
		w.add(o.term, o.chunk, o.count)
	}
	w.end()
	return s
}

// writer adds lists to a segment, by term and then by chunk.
type writer struct {
	*segment
	n    int    // chunks in the last block
	last uint32 // the chunk before
}

func (w *writer) add(term, chunk, count uint32) {
	if n := len(w.terms); n == 0 || w.terms[n-1] != term {
		w.terms = append(w.terms, term)
		w.lists = append(w.lists, list{first: uint32(len(w.blocks)), shortest: ^uint32(0)})
		w.n, w.last = 0, 0
	}
	l := &w.lists[len(w.lists)-1]
	if w.n%blockSize == 0 {
		w.blocks = append(w.blocks, block{offset: uint32(len(w.data))})
	}
	w.n++
	// Most terms are once in a chunk: then the count is the lowest bit.
	gap := uint64(chunk-w.last) << 1
	if count == 1 {
		w.data = binary.AppendUvarint(w.data, gap|1)
	} else {
		w.data = binary.AppendUvarint(w.data, gap)
		w.data = binary.AppendUvarint(w.data, uint64(count))
	}
	w.last = chunk
	w.blocks[len(w.blocks)-1].last = chunk
	l.end = uint32(len(w.blocks))
	l.chunks++
	l.most = max(l.most, count)
	l.shortest = min(l.shortest, w.chunks[chunk].length)
}

func (w *writer) end() {
	w.terms, w.lists, w.blocks, w.data = slices.Clip(w.terms), slices.Clip(w.lists), slices.Clip(w.blocks), slices.Clip(w.data)
}

// list finds that of a term.
func (s *segment) list(term uint32) (list, bool) {
	i, ok := slices.BinarySearch(s.terms, term)
	if !ok {
		return list{}, false
	}
	return s.lists[i], true
}

// cursor goes along a list.
type cursor struct {
	*segment
	list
	block  uint32 // that is read
	n, at  int
	chunks [blockSize]uint32
	counts [blockSize]uint32
}

// end is where no chunk is.
const end = ^uint32(0)

func (s *segment) cursor(l list) *cursor {
	c := &cursor{segment: s, list: l, block: l.first}
	c.read()
	return c
}

// chunk is the one where the cursor is, end behind the last.
func (c *cursor) chunk() uint32 {
	if c.at >= c.n {
		return end
	}
	return c.chunks[c.at]
}

func (c *cursor) next() {
	if c.at++; c.at >= c.n {
		c.block++
		c.read()
	}
}

// seek goes to the first chunk from to on.
func (c *cursor) seek(to uint32) {
	if c.at >= c.n {
		return
	}
	if c.blocks[c.block].last < to {
		for c.block++; c.block < c.list.end && c.blocks[c.block].last < to; c.block++ {
		}
		c.read()
	}
	for c.at < c.n && c.chunks[c.at] < to {
		c.at++
	}
}

// read reads the block.
func (c *cursor) read() {
	c.n, c.at = 0, 0
	if c.block >= c.list.end {
		return
	}
	last := uint32(0)
	if c.block > c.list.first {
		last = c.blocks[c.block-1].last
	}
	left := int(c.list.chunks) - int(c.block-c.list.first)*blockSize
	c.n = min(left, blockSize)
	data := c.data[c.blocks[c.block].offset:]
	for i := range c.n {
		v := uint64(data[0])
		if v < 0x80 {
			data = data[1:]
		} else {
			size := 0
			v, size = binary.Uvarint(data)
			data = data[size:]
		}
		last += uint32(v >> 1)
		count := uint64(1)
		if v&1 == 0 {
			size := 0
			count, size = binary.Uvarint(data)
			data = data[size:]
		}
		c.chunks[i], c.counts[i] = last, uint32(count)
	}
}
