package audio

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/content"
	"morag/internal/convert/timed"
)

// TestWordsOfWhisper: its tokens are parts of words, and marks.
func TestWordsOfWhisper(t *testing.T) {
	t.Parallel()
	tr, err := parseWhisper([]byte(`{"result": {"language": "en"}, "transcription": [
		{"offsets": {"from": 0, "to": 3000}, "text": " The tides, now.", "tokens": [
			{"text": "[_BEG_]", "p": 1, "offsets": {"from": 0, "to": 0}},
			{"text": " The", "p": 1, "offsets": {"from": 100, "to": 400}},
			{"text": " tid", "p": 1, "offsets": {"from": 400, "to": 700}},
			{"text": "es", "p": 1, "offsets": {"from": 700, "to": 900}},
			{"text": ",", "p": 1, "offsets": {"from": 900, "to": 950}},
			{"text": " now", "p": 1, "offsets": {"from": 1000, "to": 2000}},
			{"text": ".", "p": 1, "offsets": {"from": 2000, "to": 2100}},
			{"text": "[_TT_150]", "p": 1, "offsets": {"from": 3000, "to": 3000}}]},
		{"offsets": {"from": 3000, "to": 5000}, "text": "潮が満ちる", "tokens": [
			{"text": "潮", "p": 1, "offsets": {"from": 3000, "to": 3500}},
			{"text": "が", "p": 1, "offsets": {"from": 3500, "to": 3700}},
			{"text": "満ちる", "p": 1, "offsets": {"from": 3700, "to": 5000}}]},
		{"offsets": {"from": 5000, "to": 6000}, "text": "語", "tokens": [
			{"text": "\ufffd", "p": 1, "offsets": {"from": 5000, "to": 5500}},
			{"text": "\ufffd", "p": 1, "offsets": {"from": 5500, "to": 6000}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := timed.Tidy(tr.segments, 10)
	want := [][]content.Word{
		{{Start: 0.1, End: 0.4, Text: "The"}, {Start: 0.4, End: 0.95, Text: "tides,"}, {Start: 1, End: 2.1, Text: "now."}},
		{{Start: 3, End: 3.5, Text: "潮"}, {Start: 3.5, End: 3.7, Text: "が"}, {Start: 3.7, End: 5, Text: "満ちる"}},
		nil, // a character that is parted among tokens
	}
	for i, s := range got {
		if diff := cmp.Diff(want[i], s.Words); diff != "" {
			t.Errorf("%s: %s", s.Text, diff)
		}
	}
}

// TestWordsOfServices: OpenAI has them beside the segments and without punctuation, others
// in them.
func TestWordsOfServices(t *testing.T) {
	t.Parallel()
	want := [][]content.Word{{{Start: 0.5, End: 1, Text: "The"}, {Start: 1, End: 2, Text: "tide"}}, {{Start: 3, End: 3.5, Text: "The"}, {Start: 3.5, End: 4, Text: "boat"}}}
	for name, raw := range map[string]string{
		"beside": `{"segments": [{"start": 0, "end": 2.1, "text": " The tide."}, {"start": 2.5, "end": 4, "text": " The boat."}],
			"words": [{"word": "The", "start": 0.5, "end": 1}, {"word": "tide", "start": 1, "end": 2}, {"word": "The", "start": 3, "end": 3.5}, {"word": "boat", "start": 3.5, "end": 4}]}`,
		"within": `{"segments": [{"start": 0, "end": 2.1, "text": " The tide.", "words": [{"word": " The", "start": 0.5, "end": 1}, {"word": " tide", "start": 1, "end": 2}]},
			{"start": 2.5, "end": 4, "text": " The boat.", "words": [{"word": " The", "start": 3, "end": 3.5}, {"word": " boat", "start": 3.5, "end": 4}]}]}`,
		"of a segment that was made up": `{"segments": [{"start": 0, "end": 2.1, "text": " The tide."}, {"start": 2.1, "end": 2.5, "text": " Thanks!", "avg_logprob": -2, "no_speech_prob": 0.9},
			{"start": 2.5, "end": 4, "text": " The boat."}], "words": [{"word": "The", "start": 0.5, "end": 1}, {"word": "tide", "start": 1, "end": 2},
			{"word": "Thanks", "start": 2.2, "end": 2.4}, {"word": "The", "start": 3, "end": 3.5}, {"word": "boat", "start": 3.5, "end": 4}]}`,
	} {
		tr, err := parseVerbose([]byte(raw), 5)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range timed.Tidy(tr.segments, 5) {
			if diff := cmp.Diff(want[i], s.Words); diff != "" {
				t.Errorf("%s: %s: %s", name, s.Text, diff)
			}
		}
	}
	// A word that is written otherwise: the segment after it has its own all the same.
	tr, err := parseVerbose([]byte(`{"segments": [{"start": 0, "end": 2, "text": " Ten boats."}, {"start": 2, "end": 4, "text": " The tide."}],
		"words": [{"word": "10", "start": 0, "end": 1}, {"word": "boats", "start": 1, "end": 2}, {"word": "The", "start": 2, "end": 3}, {"word": "tide", "start": 3, "end": 4}]}`), 5)
	if err != nil {
		t.Fatal(err)
	}
	if got := timed.Tidy(tr.segments, 5); got[0].Words != nil || len(got[1].Words) != 2 {
		t.Errorf("%+v", got)
	}
}

// TestWordsMoveWithTheirPiece to where it is in the recording, and those of sphinx have the
// capitals of the text.
func TestWordsMoveWithTheirPiece(t *testing.T) {
	t.Parallel()
	segments := shift(sentences(parseSphinxOutput(sphinxOutput)), 10)
	want := []content.Word{{Start: 10.17, End: 10.35, Text: "Good"}, {Start: 10.36, End: 10.89, Text: "morning"}, {Start: 10.97, End: 11.15, Text: "and"}, {Start: 11.16, End: 11.63, Text: "I'm"}}
	if diff := cmp.Diff(want, timed.Tidy(segments, 100)[0].Words); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(segments[0].Text, "Good morning") {
		t.Errorf("%+v", segments[0])
	}
}
