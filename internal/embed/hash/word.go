package hash

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold makes one of the spellings of a text: compatibility forms are resolved (NFKC:
// "ﬁ" is "fi", full width is half width), case is gone, and so are the invisible
// characters that only tell where a line may break.
func fold(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(text))
	return cases.Fold().String(text)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// kind is what a character is to a word.
type kind int

const (
	gap      kind = iota // between words
	letter               // part of a word
	unspaced             // of a script that puts no spaces between words
)

func kindOf(r rune) kind {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return letter
		}
		return gap
	case isUnspaced(r):
		return unspaced
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
		return letter
	}
	return gap
}

// isUnspaced counts Hangul in: its words have spaces, but particles stick to them.
// The long vowel mark ー belongs to both kana and so, for Unicode, to no script.
func isUnspaced(r rune) bool {
	return r >= '\u0E00' && (r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana,
		unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}

// words yields the words of a folded text: runs of letters, marks and digits. A run
// of a script without spaces yields its overlapping pairs of characters, the usual
// stand-in for words that only a dictionary could find.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, run := 0, gap
		for i, r := range text {
			k := kindOf(r)
			if k == run {
				continue
			}
			if !yieldRun(text[start:i], run, yield) {
				return
			}
			start, run = i, k
		}
		yieldRun(text[start:], run, yield)
	}
}

func yieldRun(run string, k kind, yield func(string) bool) bool {
	switch k {
	case letter:
		return yield(run)
	case unspaced:
		return yieldPairs(run, yield)
	}
	return true
}

// yieldPairs yields every two neighbours; a character alone stands for itself.
func yieldPairs(run string, yield func(string) bool) bool {
	before := 0
	for i := range run {
		_, size := utf8.DecodeRuneInString(run[i:])
		if i == 0 && size < len(run) {
			continue
		}
		if !yield(run[before : i+size]) {
			return false
		}
		before = i
	}
	return true
}
