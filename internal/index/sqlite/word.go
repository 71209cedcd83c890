package sqlite

import (
	"iter"
	"strings"
	"unicode"
)

// maxTerms bounds the words of a query that are looked up: a question has fewer, and
// of a pasted text the first ones tell what it is about.
const maxTerms = 32

// isUnspaced tells characters of scripts that put no spaces between words.
func isUnspaced(r rune) bool {
	return r >= '\u0E00' && (r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}

// spaced is text as it is given to FTS5: where a script puts no spaces between words,
// every character stands alone, for FTS5 takes a whole sentence for one word. Bytes
// that are no UTF-8 are spaces; FTS5 would take them for letters.
func spaced(text string) string {
	text = strings.ToValidUTF8(text, " ")
	if strings.IndexFunc(text, isUnspaced) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isUnspaced(r) {
			b.WriteByte(' ')
			b.WriteRune(r)
			b.WriteByte(' ')
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// terms makes FTS5 expressions of the words of text, at most maxTerms, none twice: a
// word is "word", a run of a script without spaces every pair of neighbours, as the
// phrase "一 二". They are made of letters, digits and marks only, between quotes, so
// that nothing in text can be an operator, a column or the end of a quote. They keep
// their case, for FTS5 folds them as it has folded the chunks.
func terms(text string) []string {
	var all []string
	seen := make(map[string]bool)
	for term := range eachTerm(text) {
		if folded := strings.ToLower(term); !seen[folded] {
			seen[folded] = true
			all = append(all, `"`+term+`"`)
		}
		if len(all) == maxTerms {
			break
		}
	}
	return all
}

func eachTerm(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, word := range strings.FieldsFunc(text, notOfWord) {
			if !eachTermOf([]rune(word), yield) {
				return
			}
		}
	}
}

// notOfWord is about what ends a word for FTS5's unicode61, which knows an older
// Unicode: a character that only here is a letter makes a word that matches nothing.
func notOfWord(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.N, unicode.M, unicode.Co)
}

func eachTermOf(word []rune, yield func(string) bool) bool {
	for len(word) > 0 {
		unspaced := isUnspaced(word[0])
		n := 1
		for n < len(word) && isUnspaced(word[n]) == unspaced {
			n++
		}
		run := word[:n]
		word = word[n:]
		switch {
		case !unspaced || n == 1:
			if !yield(string(run)) {
				return false
			}
		default:
			for i := range run[1:] {
				if !yield(string(run[i]) + " " + string(run[i+1])) {
					return false
				}
			}
		}
	}
	return true
}
