package word

import (
	"slices"
	"sync"

	"morag/internal/index/token"
)

// Text is a chunk as it is to be found.
type Text struct {
	ID      int64
	Content string
	// Header is what stands above it: the title and name of its document, its heading. It
	// is found like the content, and counts more.
	Header string
	// About is what is known of the document without being said in it. It is found like the
	// content.
	About string
	// Language is that of all three.
	Language token.Language
}

// headerWeight is how many times a word of the header counts as one of the content.
const headerWeight = 2

// entry is a term of a chunk and how often it is there.
type entry struct {
	term  uint32
	count uint32
}

// chunk is a text as its terms.
type chunk struct {
	id      int64
	length  uint32  // words
	entries []entry // by term
}

// vocabulary numbers the terms. It is safe for concurrent use. It does not forget terms of chunks that are gone; each takes about 60 bytes.
type vocabulary struct {
	mu    sync.RWMutex // guards terms
	terms map[string]uint32

	stems token.Stems
}

func (v *vocabulary) number(term string) uint32 {
	v.mu.RLock()
	n, ok := v.terms[term]
	v.mu.RUnlock()
	if ok {
		return n
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if n, ok := v.terms[term]; ok {
		return n
	}
	n = uint32(len(v.terms))
	v.terms[term] = n
	return n
}

// look finds a term that is in some chunk.
func (v *vocabulary) look(term string) (uint32, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	n, ok := v.terms[term]
	return n, ok
}

func (v *vocabulary) chunk(t Text) chunk {
	var numbers []uint32
	words := token.Terms(t.Language, t.Content, v.stems.Stem, func(term string) { numbers = append(numbers, v.number(term)) })
	token.Terms(t.Language, t.About, v.stems.Stem, func(term string) { numbers = append(numbers, v.number(term)) })
	token.Terms(t.Language, t.Header, v.stems.Stem, func(term string) {
		n := v.number(term)
		for range headerWeight {
			numbers = append(numbers, n)
		}
	})
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
