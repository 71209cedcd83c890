package word

import (
	"math/bits"
	"runtime"
	"slices"

	"morag/internal/index/token"
)

// shelf is what searches see of one owner's chunks. It does not change.
type shelf struct {
	parts     []part
	chunks    int     // with those that are hidden, for they are in the lists too
	mean      float64 // words of a chunk
	languages uint32
}

// part is a segment and which of its chunks are hidden. It does not change.
type part struct {
	*segment
	hidden []uint64 // a bit of each chunk, nil for none
}

func (p part) isHidden(chunk uint32) bool {
	return p.hidden != nil && p.hidden[chunk/64]&(1<<(chunk%64)) != 0
}

// shown is how many chunks are not hidden.
func (p part) shown() int {
	n := len(p.chunks)
	for _, w := range p.hidden {
		n -= bits.OnesCount64(w)
	}
	return n
}

func (p part) without(chunk uint32) part { return p.withoutSpan(span{from: chunk, to: chunk + 1}) }

func (p part) withoutSpan(g span) part {
	if p.hidden == nil {
		p.hidden = make([]uint64, (len(p.chunks)+63)/64)
	} else {
		p.hidden = slices.Clone(p.hidden)
	}
	for c := g.from; c < g.to; c++ {
		p.hidden[c/64] |= 1 << (c % 64)
	}
	return p
}

func (s *shelf) count() {
	words := 0.0
	for _, p := range s.parts {
		s.chunks += len(p.chunks)
		s.languages |= p.languages
		words += float64(p.words)
	}
	s.mean = words / float64(max(1, s.chunks))
}

// fanout is how many segments of about one size become one.
const fanout = 8

// toMerge chooses what becomes one segment, nothing when there are few.
func (s *shelf) toMerge() []part {
	for limit := fanout; ; limit *= fanout {
		var small []part
		larger := false
		for _, p := range s.parts {
			if n := p.shown(); n <= limit {
				small = append(small, p)
			} else {
				larger = true
			}
			if n := p.shown(); n < len(p.chunks)*3/4 && n+4*fanout < len(p.chunks) {
				return []part{p}
			}
		}
		if len(small) >= fanout {
			return small
		}
		if !larger {
			return nil
		}
	}
}

// merge makes one segment of those that are shown of the parts' chunks, and tells where
// they are in it.
func merge(parts []part) (*segment, [][]uint32) {
	s := &segment{}
	places := make([][]uint32, len(parts))
	cursors := make([]int, len(parts))
	size := 0
	for i, p := range parts {
		s.languages |= p.languages
		size += len(p.data)
		places[i] = s.take(p)
	}
	s.data = make([]byte, 0, size)
	w := writer{segment: s}
	for {
		term := end
		for i, p := range parts {
			if cursors[i] < len(p.terms) {
				term = min(term, p.terms[cursors[i]])
			}
		}
		if term == end {
			break
		}
		for i, p := range parts {
			if cursors[i] == len(p.terms) || p.terms[cursors[i]] != term {
				continue
			}
			for c := p.cursor(p.lists[cursors[i]]); c.chunk() != end; c.next() {
				if !p.isHidden(c.chunk()) {
					w.add(term, places[i][c.chunk()], c.counts[c.at])
				}
			}
			cursors[i]++
		}
	}
	w.end()
	runtime.KeepAlive(parts)
	return s, places
}

// take appends the chunks of a part that are shown, and tells their places.
func (s *segment) take(p part) []uint32 {
	places := make([]uint32, len(p.chunks))
	for _, g := range p.groups {
		from := uint32(len(s.chunks))
		for c := g.from; c < g.to; c++ {
			if p.isHidden(c) {
				continue
			}
			places[c] = uint32(len(s.chunks))
			m := p.chunks[c]
			m.group = uint32(len(s.groups))
			s.chunks = append(s.chunks, m)
			s.words += uint64(m.length)
		}
		if to := uint32(len(s.chunks)); to > from {
			s.groups = append(s.groups, span{g.group, from, to})
		}
	}
	return places
}

// spoken are the languages of the bits.
func spoken(bit uint32) (all []token.Language) {
	for ; bit != 0; bit &= bit - 1 {
		all = append(all, token.Language(bits.TrailingZeros32(bit)))
	}
	return all
}
