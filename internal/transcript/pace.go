package transcript

import (
	"strings"
	"unicode"

	"morag/internal/content"
)

// breath is the silence in seconds between two words after which a cue ends.
const breath = 1.0

// phrases are a segment, parted where its speaker falls silent, as far as the times of its
// words tell.
func phrases(s content.Segment) []content.Segment {
	places := content.Placed(s.Text, s.Words)
	if places == nil {
		s.Words = nil
		return []content.Segment{s}
	}
	var all []content.Segment
	text, first := 0, 0
	part := func(word, at int) {
		one := s
		one.Text, one.Words = strings.TrimSpace(s.Text[text:at]), s.Words[first:word]
		if first > 0 {
			one.Start = s.Words[first].Start
		}
		if word < len(s.Words) {
			one.End = s.Words[word-1].End
		}
		all = append(all, one)
		text, first = at, word
	}
	for i := 1; i < len(places); i++ {
		at := strings.LastIndexByte(s.Text[:places[i].From], ' ') // an opening quote goes with its word
		if s.Words[i].Start-s.Words[i-1].End >= breath && at >= places[i-1].To {
			part(i, at)
		}
	}
	part(len(places), len(s.Text))
	return all
}

// pace is when the words of a segment are said, as far as that is known.
type pace []beat

// beat is one word: its letters, counted from the beginning of what is shown, and its time
// in milliseconds.
type beat struct {
	from, to   int
	start, end int64
}

// paceOf is that of a segment of which these words are shown: its own, perhaps after the
// name of who speaks.
func paceOf(s content.Segment, shown []string) (p pace) {
	before := letters(shown...) - letters(s.Text)
	for i, at := range content.Placed(s.Text, s.Words) {
		from := before + letters(s.Text[:at.From])
		p = append(p, beat{from, from + letters(s.Words[i].Text), milli(s.Words[i].Start), milli(s.Words[i].End)})
	}
	return p
}

// span is from when to when the letters between two are said.
func (p pace) span(from, to int) (start, end int64) {
	start = -1
	for _, b := range p {
		if b.to <= from || b.from >= to {
			continue
		}
		if start < 0 {
			start = b.start
		}
		end = b.end
	}
	return start, max(start, end)
}

// letters is how many characters texts have that are to be seen.
func letters(texts ...string) (n int) {
	for _, text := range texts {
		for _, r := range text {
			if !unicode.IsSpace(r) && r != joiner {
				n++
			}
		}
	}
	return n
}
