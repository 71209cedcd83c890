package audio

import (
	"cmp"
	"math"
	"slices"

	"morag/internal/content"
)

// shift moves segments of a piece to where the piece is in the recording.
func shift(segments []content.Segment, by float64) []content.Segment {
	for i := range segments {
		segments[i].Start += by
		segments[i].End += by
	}
	return segments
}

// tidy makes what an engine said fit to show: clean text, no empty segments, times
// within the recording and in order, confidences between 0 and 1.
func tidy(segments []content.Segment, total float64) []content.Segment {
	kept := make([]content.Segment, 0, len(segments))
	for _, s := range segments {
		s.Text, s.Speaker = oneLine(s.Text), oneLine(s.Speaker)
		if s.Text == "" {
			continue
		}
		s.Start = seconds(within(s.Start, 0, total))
		s.End = seconds(within(s.End, s.Start, max(s.Start, total)))
		if s.Confidence != nil {
			confidence := seconds(within(*s.Confidence, 0, 1))
			s.Confidence = &confidence
		}
		kept = append(kept, s)
	}
	slices.SortStableFunc(kept, func(a, b content.Segment) int { return cmp.Compare(a.Start, b.Start) })
	return kept
}

// within is v, or the bound it is beyond; of what is no number, the lower one.
func within(v, from, to float64) float64 {
	if math.IsNaN(v) {
		return from
	}
	return min(max(v, from), to)
}
