package audio

import "morag/internal/content"

// shift moves segments of a piece to where the piece is in the recording.
func shift(segments []content.Segment, by float64) []content.Segment {
	for i, s := range segments {
		segments[i] = s.Shifted(by)
	}
	return segments
}
