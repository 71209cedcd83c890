package chunk

import "strings"

// bySegment makes the strategy whose units are segments of speech, so that the times of
// a chunk are exact: none begins or ends inside of what was said, but where a segment is
// longer than a chunk. A text without segments is cut by the other strategy.
func bySegment(without splitter) splitter {
	return func(d document, o Options) ([]span, error) {
		if len(d.spoken) == 0 {
			return without(d, o)
		}
		segment := unit{starts: func(text string) []int { return segmentStarts(text, d.spoken) }, repeat: true}
		return pack(segment, unit{starts: sentences}, unit{starts: clauses}, unit{starts: words})(d, o)
	}
}

// segmentStarts finds where segments start: on a new line, with the time and the speaker
// that stand before what was said, or else with that.
func segmentStarts(text string, spoken []utterance) []int {
	starts := []int{skipSpace(text, 0)}
	for i := 1; i < len(spoken); i++ {
		end, at := spoken[i-1].end, spoken[i].start
		if newline := strings.IndexByte(text[end:at], '\n'); newline >= 0 {
			at = skipSpace(text, end+newline)
		}
		if at > starts[len(starts)-1] {
			starts = append(starts, at)
		}
	}
	return starts
}
