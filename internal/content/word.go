package content

import (
	"slices"
	"strings"
	"unicode"
)

// Word is when a word of a segment is said. Times are seconds from the start.
type Word struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
	Text  string  `json:"word"`
}

// Place is where a word stands in a text, in bytes.
type Place struct{ From, To int }

// Placed is where words stand in a text, one after the other with no other word between
// them; nil when they are not the words of the text.
func Placed(text string, words []Word) []Place {
	places := make([]Place, 0, len(words))
	at := 0
	for _, w := range words {
		from := strings.Index(text[at:], w.Text)
		if w.Text == "" || from < 0 || spoken(text[at:at+from]) {
			return nil
		}
		places = append(places, Place{at + from, at + from + len(w.Text)})
		at += from + len(w.Text)
	}
	if len(words) == 0 || spoken(text[at:]) {
		return nil
	}
	return places
}

// spoken tells whether any of a text is said.
func spoken(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// Shifted is s so many seconds later, with words of its own.
func (s Segment) Shifted(seconds float64) Segment {
	s.Start, s.End, s.Words = s.Start+seconds, s.End+seconds, slices.Clone(s.Words)
	for i := range s.Words {
		s.Words[i].Start += seconds
		s.Words[i].End += seconds
	}
	return s
}

// FitWords are the words of s, its times brought in order: none ends before it begins, or
// begins before the one before it or the segment does. It is nil when they are not those
// that the text has, as after a translation: times that belong to nothing are of no use.
func (s Segment) FitWords() []Word {
	if len(s.Words) == 0 {
		return nil
	}
	fit := make([]Word, len(s.Words))
	least := s.Start
	for i, w := range s.Words {
		w.Text = strings.TrimSpace(w.Text)
		w.Start = min(max(w.Start, least), max(s.End, least))
		w.End = min(max(w.End, w.Start), max(s.End, w.Start))
		least, fit[i] = w.Start, w
	}
	if Placed(s.Text, fit) == nil {
		return nil
	}
	return fit
}

// Reword are the words for a text that people have corrected: as many as before keep their
// times, else it is not known any more when which is said.
func Reword(words []Word, text string) []Word {
	fields := strings.Fields(text)
	if len(fields) != len(words) || len(words) == 0 {
		return nil
	}
	again := make([]Word, len(words))
	for i, w := range words {
		w.Text = fields[i]
		again[i] = w
	}
	return again
}
