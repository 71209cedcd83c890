package token

import (
	"slices"
	"unicode/utf8"
)

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

// In tells whether the words of the phrase stand in text one after the other; an empty
// phrase stands everywhere.
func (p Phrase) In(text string) bool {
	if len(p) == 0 {
		return true
	}
	var words []string
	found := false
	Each(text, func(w Word) bool {
		words = append(words, w.Text)
		if len(words) > len(p) {
			words = words[1:]
		}
		found = slices.Equal(words, p)
		return !found
	})
	return found
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
