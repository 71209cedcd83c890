package chunk

import (
	"slices"
	"sync"
	"unicode/utf8"
)

// unit is one rung of a strategy's ladder.
type unit struct {
	// starts lists where the units of a text start: offsets that grow, each of a
	// rune that is not white space. A unit reaches to the start of the next.
	starts func(text string) []int
	// repeat says whether the part that a chunk shares with the one before may
	// begin with such a unit. Clauses do not: words make more of the overlap.
	repeat bool
}

// pack makes the strategy that fills chunks with whole units of the first kind
// and cuts one that is too long at units of the next kind, in the end between runes.
func pack(units ...unit) splitter {
	return func(d document, o Options) ([]span, error) {
		p := packer{
			text: d.text, end: trimEnd(d.text, len(d.text)),
			ruler: newRuler(d.text),
			size:  o.Size, overlap: o.Overlap,
			exact: len(units) == 0,
		}
		for _, u := range units {
			p.rungs = append(p.rungs, rung{sync.OnceValue(func() []int { return u.starts(d.text) }), u.repeat})
		}
		return p.run(), nil
	}
}

// rung is a unit's starts in the text: looked for when the rungs above have none that
// serves, since those of every word can weigh more than the text.
type rung struct {
	starts func() []int
	repeat bool
}

type packer struct {
	text          string
	end           int // of the text without the white space after it
	ruler         ruler
	rungs         []rung
	size, overlap int
	exact         bool // overlap by runes, for there are no units
}

// run keeps next at the start of the text that is in no chunk yet. It is never at
// white space, so the trimmed chunk before it may be shorter but not longer.
func (p *packer) run() []span {
	var spans []span
	start := skipSpace(p.text, 0)
	next := start
	for next < p.end {
		next = p.cut(next, p.reach(start))
		done := span{start, trimEnd(p.text, next)}
		spans = append(spans, done)
		start = p.restart(done, next)
	}
	return spans
}

// reach is the furthest offset before which a chunk from start may end: white
// space at its end does not count.
func (p *packer) reach(start int) int {
	return min(p.end, skipSpace(p.text, p.ruler.offset(p.ruler.runes(start)+p.size)))
}

// cut finds the best place for a chunk to end, after one offset and up to another:
// the last start of a unit, of the highest rung that has one there.
func (p *packer) cut(after, upTo int) int {
	if upTo >= p.end {
		return p.end
	}
	for _, r := range p.rungs {
		starts := r.starts()
		if i := firstFrom(starts, upTo+1) - 1; i >= 0 && starts[i] > after {
			return starts[i]
		}
	}
	return unjoin(p.text, after, upTo)
}

// restart finds where the chunk after the done one starts: as early as the overlap
// allows, but so late that it can hold the whole unit at next, else it would end
// where the done one does.
func (p *packer) restart(done span, next int) int {
	if next >= p.end {
		return next
	}
	earliest := max(
		p.ruler.runes(done.end)-p.overlap,
		p.ruler.runes(done.start)+1,
		p.ruler.runes(p.upcoming(next))-p.size,
	)
	from := p.ruler.offset(earliest)
	if p.exact {
		return skipJoined(p.text, skipSpace(p.text, from), next)
	}
	for _, r := range p.rungs {
		if !r.repeat {
			continue
		}
		starts := r.starts()
		if i := firstFrom(starts, from); i < len(starts) && starts[i] < next {
			return starts[i]
		}
	}
	return next
}

// upcoming is the end of the unit that starts at next, of the highest rung on which
// it fits into a chunk. What is left of a unit that was cut does not count as one:
// there the overlap is worth more than to cut no further.
func (p *packer) upcoming(next int) int {
	reach := p.reach(next)
	begins, end := false, p.end
	for _, r := range p.rungs {
		starts := r.starts()
		i, found := slices.BinarySearch(starts, next)
		if found {
			begins = true
			i++
		}
		if i < len(starts) {
			end = min(end, starts[i])
		}
		if begins && end <= reach {
			return trimEnd(p.text, end)
		}
	}
	_, width := utf8.DecodeRuneInString(p.text[next:])
	return next + width
}

// firstFrom is the index of the first start that is not below offset.
func firstFrom(starts []int, offset int) int {
	i, _ := slices.BinarySearch(starts, offset)
	return i
}
