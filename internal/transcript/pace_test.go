package transcript

import (
	"strings"
	"testing"

	"morag/internal/content"
)

// spokenWords are words of a second's quarter each, that begin at the times.
func spokenWords(text string, at ...float64) (words []content.Word) {
	for i, word := range strings.Fields(text) {
		words = append(words, content.Word{Start: at[i], End: at[i] + 0.25, Text: word})
	}
	return words
}

func TestSubtitlesGoByTheirWords(t *testing.T) {
	t.Parallel()
	long := "The keeper feeds the heron at noon and the boat leaves with the tide in the late evening, again."
	var late []float64 // fast at first, then slowly
	for i := range strings.Fields(long) {
		late = append(late, float64(i)*float64(i)*0.02)
	}
	for name, tt := range map[string]struct {
		segments []content.Segment
		want     string
	}{
		"a cue begins with its first word and ends with its last one": {
			[]content.Segment{{Start: 0, End: 13, Text: long, Words: spokenWords(long, late...)}},
			"1\n00:00:00,000 --> 00:00:02,250\nThe keeper feeds the heron\nat noon and the boat leaves\n\n" +
				"2\n00:00:02,420 --> 00:00:06,730\nwith the tide in the late evening, again.\n",
		},
		"silence within a segment parts it": {
			[]content.Segment{{Start: 1, End: 12, Text: "The tide turns. At noon.", Speaker: "Ada", Words: spokenWords("The tide turns. At noon.", 1, 1.5, 2, 10, 11)}},
			"1\n00:00:01,000 --> 00:00:02,250\nAda: The tide turns.\n\n2\n00:00:10,000 --> 00:00:11,250\nAt noon.\n",
		},
		"words of another text tell nothing": {
			[]content.Segment{{Start: 1, End: 3, Text: "The tide turns.", Words: spokenWords("Die Flut kommt.", 1, 1.5, 2.5)}},
			"1\n00:00:01,000 --> 00:00:03,000\nThe tide turns.\n",
		},
	} {
		if got := SRT(tt.segments); got != tt.want {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestCorrectedWordsKeepTheirTimes(t *testing.T) {
	t.Parallel()
	segments := []content.Segment{{Start: 1, End: 3, Text: "the died turns", Words: spokenWords("the died turns", 1, 2, 2.5)}}
	tide, more := "The tide turns.", "The high tide turns."
	made, err := Correct("the died turns", segments, Correction{Changes: []Change{{Text: &tide}}})
	if err != nil || len(made.Segments[0].Words) != 3 || made.Segments[0].Words[1] != (content.Word{Start: 2, End: 2.25, Text: "tide"}) {
		t.Errorf("%+v, %v", made, err)
	}
	made, err = Correct("the died turns", segments, Correction{Changes: []Change{{Text: &more}}})
	if err != nil || made.Segments[0].Words != nil {
		t.Errorf("with another word: %+v, %v", made, err)
	}
}
