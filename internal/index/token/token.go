// Package token finds the words of a text and brings them into the form in which they are
// compared: one spelling of each character, small letters, the stem of the text's language.
// Whoever ranks by words, looks for a phrase or marks what was found asks it, so that all
// mean the same words.
//
// Scripts that put no spaces between words have no words here that a dictionary would be
// needed for: every character is one, and every two neighbours are.
package token

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Word is a word of a text.
type Word struct {
	// Text is the word in small letters and one spelling (NFKC), with its marks.
	Text string
	// From and To are where it stands, in bytes.
	From, To int
	// Unspaced: it is one character of a script without spaces, and its neighbours are
	// part of what is meant.
	Unspaced bool
}

// maxWord is how many bytes of a word count: what is longer is no word of a language.
const maxWord = 64

// Each calls do with the words of text in their order, until it returns false. No text is
// an error; what is no UTF-8 is between words.
func Each(text string, do func(w Word) bool) {
	var small [maxWord]byte
	for at := 0; at < len(text); {
		from, n, ascii := at, 0, true
		for at < len(text) {
			c := text[at]
			if c < utf8.RuneSelf {
				if 'A' <= c && c <= 'Z' {
					c += 'a' - 'A'
				} else if !('a' <= c && c <= 'z' || '0' <= c && c <= '9') {
					break
				}
				if n < maxWord {
					small[n] = c
					n++
				}
				at++
				continue
			}
			r, size := utf8.DecodeRuneInString(text[at:])
			if r == utf8.RuneError && size == 1 || !ofWord(r) {
				break
			}
			ascii = false
			at += size
		}
		switch {
		case at == from:
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
		case ascii:
			if !do(Word{Text: string(small[:n]), From: from, To: at}) {
				return
			}
		default:
			if !eachFolded(text[from:at], from, do) {
				return
			}
		}
	}
}

// ofWord tells characters of words, and those within words that nobody sees.
func ofWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.M, unicode.Co, unicode.Cf)
}

// eachFolded goes by pieces of run that are words or single unspaced characters.
func eachFolded(run string, offset int, do func(Word) bool) bool {
	for at := 0; at < len(run); {
		r, size := utf8.DecodeRuneInString(run[at:])
		if isUnspaced(r) {
			if text := fold(run[at : at+size]); text != "" && !do(Word{Text: text, From: offset + at, To: offset + at + size, Unspaced: true}) {
				return false
			}
			at += size
			continue
		}
		end := at + size
		for end < len(run) {
			r, size := utf8.DecodeRuneInString(run[end:])
			if isUnspaced(r) {
				break
			}
			end += size
		}
		// Folding can part a word: ½ is 1⁄2.
		for _, text := range strings.FieldsFunc(fold(run[at:end]), func(r rune) bool { return !ofWord(r) }) {
			if strings.IndexFunc(text, isLetterOrNumber) < 0 {
				continue // marks alone
			}
			if !do(Word{Text: short(text), From: offset + at, To: offset + end}) {
				return false
			}
		}
		at = end
	}
	return true
}

func isLetterOrNumber(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.Co) }

// isUnspaced tells characters of scripts that put no spaces between words. Hangul counts,
// for particles stick to its words. The long vowel mark ー belongs to both kana and so, for
// Unicode, to no script.
func isUnspaced(r rune) bool {
	return r >= '\u0E00' && (r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana,
		unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}

// fold makes one of the spellings of a word: compatibility forms are resolved, case is
// gone, and so are the invisible characters that only tell where a line may break.
func fold(word string) string {
	word = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(word))
	return norm.NFC.String(cases.Fold().String(word))
}

// plain is a word without its marks, for those who type none: café is cafe. Only letters
// that have a plain one lose them: in scripts where marks are vowels they stay.
func plain(word string) string {
	if isASCII(word) {
		return word
	}
	var b strings.Builder
	latin := false
	for _, r := range norm.NFD.String(word) {
		if unicode.Is(unicode.Mn, r) && latin {
			continue
		}
		latin = unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func short(word string) string {
	if len(word) <= maxWord {
		return word
	}
	end := maxWord
	for !utf8.RuneStart(word[end]) {
		end--
	}
	return word[:end]
}
