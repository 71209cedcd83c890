package token

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// maxStems is how many words [Stems] remembers.
const maxStems = 1 << 18

// Stems remembers the stems of words, since to work one out takes ten times as long as to
// look it up. The zero value remembers none. It is safe for concurrent use.
type Stems struct {
	mu    sync.RWMutex // guards known
	known map[stemmed]string
}

type stemmed struct {
	language Language
	word     string
}

// Stem is [Stem].
func (s *Stems) Stem(l Language, word string) string {
	key := stemmed{l, word}
	s.mu.RLock()
	stem, ok := s.known[key]
	s.mu.RUnlock()
	if ok {
		return stem
	}
	stem = Stem(l, word)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxStems {
		s.known = make(map[stemmed]string)
	}
	s.known[key] = stem
	return stem
}

// Beginning is the first two letters of a word, without marks: words of one stem have the
// same, but for a few like dying and die.
func Beginning(word string) [2]rune {
	var b [2]rune
	n := 0
	for _, r := range word {
		if n == len(b) {
			break
		}
		if r >= utf8.RuneSelf && unicode.IsLetter(r) && !isUnspaced(r) {
			r, _ = utf8.DecodeRuneInString(plain(string(r)))
		}
		b[n] = r
		n++
	}
	return b
}
