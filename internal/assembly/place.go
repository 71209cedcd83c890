package assembly

import (
	"math"
	"strings"

	"morag/internal/content"
	"morag/internal/convert/timed"
)

// place moves segments of a part's piece to where they are in the recording. Of what is in
// two pieces each has what lies, by its middle, on its side of the cut: word by word where
// the times of words are known.
func (a assembly) place(i int, said []content.Segment) []content.Segment {
	p := a.plan.Parts[i]
	from, to, by := a.seconds(p.From), a.seconds(p.To), a.seconds(p.HasFrom)
	side := span{math.Inf(-1), math.Inf(1)}
	if p.HasFrom < p.From {
		side.from = from
	}
	if p.HasTo > p.To {
		side.to = to
	}
	var own []content.Segment
	for _, s := range said {
		s, ok := side.of(s.Shifted(by))
		if !ok {
			continue
		}
		s.Start = timed.Within(s.Start, from, to)
		s.End = timed.Within(s.End, s.Start, to)
		own = append(own, s)
	}
	return own
}

// span is what a part has to tell of.
type span struct{ from, to float64 }

// has tells whether the middle of a stretch is in the span.
func (d span) has(start, end float64) bool {
	middle := (start + end) / 2
	return middle >= d.from && middle < d.to
}

// of is what of a segment is in the span; ok is false when nothing is.
func (d span) of(s content.Segment) (own content.Segment, ok bool) {
	if s.Start >= d.from && s.End < d.to {
		return s, true
	}
	places := content.Placed(s.Text, s.Words)
	if places == nil {
		return s, d.has(s.Start, s.End)
	}
	first, n := -1, 0
	for i, w := range s.Words {
		if d.has(w.Start, w.End) {
			if first < 0 {
				first = i
			}
			n = i + 1 - first
		}
	}
	switch {
	case first < 0:
		return s, false
	case n == len(s.Words):
		return s, true
	}
	begin, end := 0, len(s.Text)
	if first > 0 {
		begin, s.Start = places[first].From, s.Words[first].Start
	}
	if last := first + n; last < len(places) {
		end, s.End = places[last].From, s.Words[last-1].End
	}
	s.Text, s.Words = strings.TrimSpace(s.Text[begin:end]), s.Words[first:first+n]
	return s, true
}
