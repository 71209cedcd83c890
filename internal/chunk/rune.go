package chunk

import (
	"sort"
	"unicode"
	"unicode/utf8"
)

// stride is how many bytes lie between two marks of a ruler: few enough to count
// the runes from one in no time, enough that the marks are small beside the text.
const stride = 64

// ruler converts between offsets and numbers of runes. A byte that is not part of
// valid UTF-8 is a rune.
type ruler struct {
	text  string
	marks []mark // the first rune at or after each multiple of stride
}

type mark struct{ offset, runes int }

func newRuler(text string) ruler {
	r := ruler{text: text, marks: make([]mark, 0, len(text)/stride+1)}
	runes := 0
	for offset := range text {
		if offset >= len(r.marks)*stride {
			r.marks = append(r.marks, mark{offset, runes})
		}
		runes++
	}
	return r
}

// runes counts the runes before an offset, which is that of a rune or the end.
func (r ruler) runes(offset int) int {
	if len(r.marks) == 0 {
		return 0
	}
	m := r.marks[min(offset/stride, len(r.marks)-1)]
	return m.runes + utf8.RuneCountInString(r.text[m.offset:offset])
}

// offset is where the rune with this number is, the end of the text if it has not
// so many.
func (r ruler) offset(runes int) int {
	i := sort.Search(len(r.marks), func(i int) bool { return r.marks[i].runes > runes }) - 1
	if i < 0 {
		return 0
	}
	m := r.marks[i]
	for offset := range r.text[m.offset:] {
		if m.runes == runes {
			return m.offset + offset
		}
		m.runes++
	}
	return len(r.text)
}

// skipSpace is the first offset from here on that is not white space.
func skipSpace(text string, from int) int {
	for i, r := range text[from:] {
		if !unicode.IsSpace(r) {
			return from + i
		}
	}
	return len(text)
}

// trimEnd is the end of text[:end] without white space after it.
func trimEnd(text string, end int) int {
	for end > 0 {
		r, width := utf8.DecodeLastRuneInString(text[:end])
		if !unicode.IsSpace(r) {
			break
		}
		end -= width
	}
	return end
}

const zeroWidthJoiner = '\u200d'

// joined tells whether the rune at an offset belongs to the one before it, as an
// accent does, the skin tone of an emoji, or the next part of a joined emoji. A
// simple stand-in for grapheme clusters: it is right for all but flags and the
// conjoining letters of Hangul.
func joined(text string, offset int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:offset])
	r, _ := utf8.DecodeRuneInString(text[offset:])
	if unicode.IsSpace(before) || unicode.IsSpace(r) {
		return false
	}
	return before == zeroWidthJoiner || r == zeroWidthJoiner ||
		unicode.Is(unicode.M, r) || unicode.Is(unicode.Sk, r) && r >= 0x1F3FB
}

// maxJoined bounds the search for a place between two joined groups. What has more
// marks on one letter is not writing.
const maxJoined = 32

// unjoin moves a cut at offset back to where it parts nothing joined, as long as
// it stays after the other offset.
func unjoin(text string, after, offset int) int {
	at := offset
	for range maxJoined {
		if at <= after {
			break
		}
		if !joined(text, at) {
			return at
		}
		_, width := utf8.DecodeLastRuneInString(text[:at])
		at -= width
	}
	return offset
}

// skipJoined moves a start forward to where it parts nothing joined and is not at
// white space, at most to the limit, which is not at white space either.
func skipJoined(text string, from, limit int) int {
	at := from
	for range maxJoined {
		if at >= limit {
			return limit
		}
		if !joined(text, at) {
			return skipSpace(text, at)
		}
		_, width := utf8.DecodeRuneInString(text[at:])
		at += width
	}
	return from
}
