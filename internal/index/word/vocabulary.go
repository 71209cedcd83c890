package word

import (
	"slices"
	"sync"

	"morag/internal/index/token"
)

// vocabulary numbers the terms. It is safe for concurrent use. Those of chunks that are gone
// are forgotten when the words are saved.
type vocabulary struct {
	mu    sync.RWMutex // guards what follows
	base  *table       // of the file; its terms are not in terms
	terms map[string]uint32
	next  uint32
	// epoch counts how often terms were forgotten: numbers that were asked for before may
	// mean nothing any more.
	epoch uint64

	stems token.Stems
}

// number is the number of a term, a new one when it has none.
func (v *vocabulary) number(term string) uint32 {
	if n, ok := v.look(term); ok {
		return n
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if n, ok := v.known(term); ok {
		return n
	}
	n := v.next
	v.terms[term] = n
	v.next++
	return n
}

// look finds a term that is in some chunk.
func (v *vocabulary) look(term string) (uint32, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.known(term)
}

func (v *vocabulary) known(term string) (uint32, bool) {
	if n, ok := v.terms[term]; ok {
		return n, true
	}
	return v.base.look(term)
}

func (v *vocabulary) now() (epoch uint64) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.epoch
}

// chunk is a text as its terms, as number knows them.
func (v *vocabulary) chunk(t Text, number func(term string) (n uint32, ok bool)) chunk {
	var numbers []uint32
	add := func(times int) func(string) {
		return func(term string) {
			if n, ok := number(term); ok {
				for range times {
					numbers = append(numbers, n)
				}
			}
		}
	}
	words := token.Terms(t.Language, t.Content, v.stems.Stem, add(1))
	token.Terms(t.Language, t.About, v.stems.Stem, add(1))
	token.Terms(t.Language, t.Header, v.stems.Stem, add(headerWeight))
	slices.Sort(numbers)
	c := chunk{id: t.ID, length: uint32(words)}
	for i := 0; i < len(numbers); {
		n := i
		for n < len(numbers) && numbers[n] == numbers[i] {
			n++
		}
		c.entries = append(c.entries, entry{numbers[i], uint32(n - i)})
		i = n
	}
	c.entries = slices.Clip(c.entries)
	return c
}
