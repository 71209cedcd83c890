package chunk

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentences finds where sentences start. What the layout sets apart (a heading, a
// list item, a table row, a line of code, a line of a transcript) is a sentence of
// its own; a line that is merely wrapped is not.
func sentences(text string) []int {
	var starts []int
	var last line
	for l := range lines(text) {
		if len(starts) == 0 {
			starts = append(starts, l.start)
		} else if setApart(last, l) {
			starts = append(inBlock(text, starts, l.start, last), l.start)
		}
		last = l
	}
	if len(starts) > 0 {
		starts = inBlock(text, starts, len(text), last)
	}
	return starts
}

// setApart tells whether no sentence goes on from one line to the next. One may go
// on over a page break or after a list item if it does so with a small letter.
func setApart(last, l line) bool {
	switch {
	case l.page && last.kind == prose && l.kind == prose:
		return !l.lower
	case l.blank, l.page:
		return true
	case l.under:
		return false
	case l.kind != prose, l.quoted != last.quoted:
		return true
	case last.kind == item:
		return !l.indented && !l.lower
	}
	return last.kind != prose
}

// inBlock appends the starts of the sentences between the last start and the end of
// its block, whose last line is given. Table rows and code are not cut further.
func inBlock(text string, starts []int, end int, last line) []int {
	if last.kind == row || last.kind == code {
		return starts
	}
	text = text[:end]
	for i := starts[len(starts)-1]; i < end; {
		r, width := utf8.DecodeRuneInString(text[i:])
		if !terminal(r) {
			i += width
			continue
		}
		s := stopAt(text, starts[len(starts)-1], i)
		if s.next == end {
			break
		}
		if s.endsSentence() {
			starts = append(starts, s.next)
		}
		i = s.closed
	}
	return starts
}

// stop is a run of terminal punctuation and what stands around it.
type stop struct {
	text     string // of the block
	sentence int    // where the sentence started
	start    int    // of the run
	end      int    // of the run
	closed   int    // after the quotes and brackets that close there
	next     int    // the next rune that is not white space
}

func stopAt(text string, sentence, start int) stop {
	s := stop{text: text, sentence: sentence, start: start}
	s.end = skipFunc(text, start, terminal)
	s.closed = skipNotes(text, skipFunc(text, s.end, closes))
	s.next = skipSpace(text, s.closed)
	// French puts a space before the closing quote: « Stop. » Then.
	if rest := text[s.next:]; strings.HasPrefix(rest, "»") {
		after := s.next + len("»")
		if beyond := skipSpace(text, after); beyond > after || after == len(text) {
			s.closed, s.next = after, beyond
		}
	}
	return s
}

// endsSentence tells whether a new sentence starts at s.next.
func (s stop) endsSentence() bool {
	last, _ := utf8.DecodeLastRuneInString(s.text[:s.end])
	next, _ := utf8.DecodeRuneInString(s.text[s.next:])
	if last >= 0x3000 { // Chinese and Japanese, which need no space
		decimal := last == '．' && unicode.IsDigit(next)
		quoting := s.closed > s.end && (next == 'と' || next == 'っ')
		return !decimal && !quoting
	}
	if s.next == s.closed || terminal(next) {
		return false
	}
	first := skipFunc(s.text, s.next, opens)
	if r, _ := utf8.DecodeRuneInString(s.text[first:]); unicode.IsLower(r) {
		return false
	}
	return s.text[s.start:s.end] != "." || !s.abbreviates(first)
}

// skipNotes goes over the numbers of footnotes, as web pages have them: "done.[1][12] Next".
func skipNotes(text string, at int) int {
	for strings.HasPrefix(text[at:], "[") {
		digits := strings.TrimLeft(text[at+1:min(len(text), at+5)], "0123456789")
		end := min(len(text), at+5) - len(digits)
		if end == at+1 || !strings.HasPrefix(digits, "]") {
			break
		}
		at = end + 1
	}
	return at
}

// terminal tells whether a rune ends sentences.
func terminal(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '.' || r == '!' || r == '?'
	}
	return r == '…' || unicode.Is(unicode.STerm, r)
}

// closes tells whether a rune after the stop still belongs to the sentence. Marks
// are those that choose the shape of the punctuation before them.
func closes(r rune) bool {
	switch r {
	case '"', '\'', '*', '_', '`', ')', ']', '}':
		return true
	}
	return r >= utf8.RuneSelf && unicode.In(r, unicode.Pe, unicode.Pf, unicode.Pi, unicode.M)
}

// opens tells whether a rune may stand before the first letter of a sentence.
func opens(r rune) bool {
	switch r {
	case '"', '\'', '*', '_', '`', '(', '[', '{', '-', '>', '#', '¿', '¡', ' ':
		return true
	}
	return r >= utf8.RuneSelf && unicode.In(r, unicode.Ps, unicode.Pi, unicode.Pf, unicode.Pd)
}

// skipFunc is the first offset from here on whose rune is not of the kind.
func skipFunc(text string, from int, kind func(rune) bool) int {
	for i, r := range text[from:] {
		if !kind(r) {
			return from + i
		}
	}
	return len(text)
}
