package audio

import "morag/internal/content"

// shift moves segments of a piece to where the piece is in the recording.
func shift(segments []content.Segment, by float64) []content.Segment {
	for i := range segments {
		segments[i].Start += by
		segments[i].End += by
		for j := range segments[i].Words {
			segments[i].Words[j].Start += by
			segments[i].Words[j].End += by
		}
	}
	return segments
}
