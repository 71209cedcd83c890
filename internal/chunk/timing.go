package chunk

import (
	"sort"
	"strings"

	"morag/internal/content"
)

// utterance is a segment of speech and where the document has its text.
type utterance struct {
	span
	segment  int     // which
	from, to float64 // seconds
	speaker  string
}

// nearby is how many bytes after one segment the next is looked for first. Close by,
// because a short text that is missing in its place ("Yes.") stands again further on,
// and finding it there would lose all between.
const nearby = 4096

// effort bounds what is searched in vain to this many times the text, so that
// segments which have nothing to do with it cost no quadratic time.
const effort = 16

// locate finds the segments in text, in order, each after the one before. One that
// is not found is left out. Until the first is found the whole text is searched;
// after that nearby, and twice as far with each that is missing.
func locate(text string, segments []content.Segment) []utterance {
	var found []utterance
	pos, window, budget := 0, len(text), effort*len(text)
	for n, segment := range segments {
		spoken := strings.TrimSpace(segment.Text)
		if spoken == "" {
			continue
		}
		ahead := text[pos:min(len(text), pos+window+len(spoken))]
		i := strings.Index(ahead, spoken)
		if i < 0 {
			if budget -= len(ahead); budget < 0 {
				break
			}
			window = min(len(text), 2*window)
			continue
		}
		start := pos + i
		pos = start + len(spoken)
		window = nearby
		found = append(found, utterance{span{start, pos}, n, segment.Start, segment.End, segment.Speaker})
	}
	return found
}

// Spoken is where the bytes of a text have what a segment says.
type Spoken struct{ Segment, From, To int }

// Find returns where a text has segments, as [Split] finds them: in order, each after the
// one before, without those that it does not have.
func Find(text string, segments []content.Segment) []Spoken {
	found := locate(text, segments)
	all := make([]Spoken, len(found))
	for i, u := range found {
		all[i] = Spoken{Segment: u.segment, From: u.start, To: u.end}
	}
	return all
}

// timeOf gives the seconds of the speech in a span, false if none was found there.
func timeOf(spoken []utterance, s span) (from, to float64, ok bool) {
	first := sort.Search(len(spoken), func(i int) bool { return spoken[i].end > s.start })
	last := sort.Search(len(spoken), func(i int) bool { return spoken[i].start >= s.end }) - 1
	if first > last {
		return 0, 0, false
	}
	return spoken[first].from, spoken[last].to, true
}
