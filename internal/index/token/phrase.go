package token

import "unicode/utf8"

// Phrase is words that stand one after the other.
type Phrase []string

// ParsePhrase takes the words of text as a phrase; they keep their endings and marks.
func ParsePhrase(text string) (p Phrase) {
	Each(text, func(w Word) bool {
		p = append(p, w.Text)
		return true
	})
	return p
}

// Words are those of a text, in which phrases are looked for.
type Words struct {
	list  []string
	known map[string]bool
}

// ReadWords takes the words of text; they keep their endings and marks.
func ReadWords(text string) Words {
	w := Words{known: map[string]bool{}}
	Each(text, func(word Word) bool {
		w.list, w.known[word.Text] = append(w.list, word.Text), true
		return true
	})
	return w
}

// In tells whether the words of the phrase stand in a text one after the other; an empty
// phrase stands everywhere. It looks at each word of both a few times at most, whatever
// they repeat (Knuth, Morris, Pratt).
func (p Phrase) In(text Words) bool {
	for _, word := range p {
		if !text.known[word] {
			return false
		}
	}
	if len(p) < 2 {
		return true
	}
	again := p.again()
	same := 0 // words of p that stand before where we are
	for _, word := range text.list {
		for same > 0 && p[same] != word {
			same = again[same-1]
		}
		if p[same] == word {
			same++
		}
		if same == len(p) {
			return true
		}
	}
	return false
}

// again is, for each word of a phrase, how many words up to it the phrase also begins with.
func (p Phrase) again() []int {
	again := make([]int, len(p))
	same := 0
	for i, word := range p[1:] {
		for same > 0 && p[same] != word {
			same = again[same-1]
		}
		if p[same] == word {
			same++
		}
		again[i+1] = same
	}
	return again
}

// Terms are those of a text of the languages that has the phrase; there are more texts
// that have them.
func (p Phrase) Terms(languages []Language) (terms []Term) {
	for _, word := range p {
		t := Term{Weight: 1}
		if first, _ := utf8.DecodeRuneInString(word); isUnspaced(first) {
			t.Forms = []string{word}
		} else {
			for _, l := range languages {
				t.Forms = appendNew(t.Forms, Stem(l, word))
			}
		}
		terms = append(terms, t)
	}
	return terms
}
