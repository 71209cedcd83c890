package transcript_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/content"
	"morag/internal/transcript"
)

// A correction reaches the segments and the text of the document, wherever that has them.
func TestCorrect(t *testing.T) {
	t.Parallel()
	said := []content.Segment{{Start: 1, End: 2, Text: "The tight turns.", Speaker: "Speaker_00"}, {Start: 3, End: 4, Text: "Yes."}, {Start: 5, End: 6, Text: "Yes.", Speaker: "Speaker_01"}}
	timed := "[00:00:01] Speaker_00: The tight turns.\n\n[00:00:03] Yes.\n\n[00:00:05] Speaker_01: Yes."
	for name, tt := range map[string]struct {
		text    string
		c       transcript.Correction
		want    string
		changed int
		missing int
	}{
		"a word":                {timed, change(0, new("The tide turns."), nil), strings.Replace(timed, "tight", "tide", 1), 1, 0},
		"the second of two":     {timed, change(2, new("No."), nil), strings.TrimSuffix(timed, "Yes.") + "No.", 1, 0},
		"a name":                {timed, transcript.Correction{Speakers: map[string]string{"Speaker_01": "Ada"}}, strings.Replace(timed, "Speaker_01", "Ada", 1), 1, 0},
		"two names exchanged":   {timed, transcript.Correction{Speakers: map[string]string{"Speaker_00": "Speaker_01", "Speaker_01": "Speaker_00"}}, strings.NewReplacer("Speaker_00", "Speaker_01", "Speaker_01", "Speaker_00").Replace(timed), 2, 0},
		"a name where none was": {timed, change(1, nil, new("Bob")), strings.Replace(timed, "[00:00:03] Yes", "[00:00:03] Bob: Yes", 1), 1, 0},
		"a name taken away":     {timed, change(2, nil, new("")), strings.Replace(timed, "Speaker_01: ", "", 1), 1, 0},
		"text without times":    {"Intro. The tight turns. Yes. Yes. End.", change(0, new(" The\n tide\x00turns. "), new("Ada")), "Intro. The tide turns. Yes. Yes. End.", 1, 0},
		"what is there":         {timed, change(1, new("Yes."), new("")), timed, 0, 0},
		"words that are not":    {"A summary.", change(1, new("No."), nil), "A summary.", 1, 1},
	} {
		got, err := transcript.Correct(tt.text, said, tt.c)
		if err != nil || got.Text != tt.want || got.Changed != tt.changed || got.Missing != tt.missing {
			t.Errorf("%s: %+v, %v; want\n%s", name, got, err, tt.want)
		}
	}
	if said[0].Text != "The tight turns." || said[0].Original != "" || said[0].Speaker != "Speaker_00" {
		t.Errorf("what was given has changed: %+v", said[0])
	}
}

func change(index int, text, speaker *string) transcript.Correction {
	return transcript.Correction{Changes: []transcript.Change{{Index: index, Text: text, Speaker: speaker}}}
}

// The text that a segment had at first is kept through any number of corrections, and is
// none any more when it is back.
func TestCorrectKeepsTheOriginal(t *testing.T) {
	t.Parallel()
	segments, text := []content.Segment{{Text: "one"}}, "one"
	for _, step := range []struct{ text, original string }{{"two", "one"}, {"three", "one"}, {"one", ""}, {"four", "one"}} {
		got, err := transcript.Correct(text, segments, change(0, &step.text, nil))
		want := []content.Segment{{Text: step.text, Original: step.original}}
		if err != nil || got.Text != step.text || !cmp.Equal(got.Segments, want) {
			t.Errorf("%s: %+v, %v", step.text, got, err)
		}
		segments, text = got.Segments, got.Text
	}
}

func TestCorrectRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 20_001)
	for want, c := range map[string]transcript.Correction{
		"changes: there is no segment 1, only 1 of them":                change(1, new("x"), nil),
		"changes: there is no segment -1":                               change(-1, new("x"), nil),
		"changes: the text of segment 0 is empty":                       change(0, new(" \n"), nil),
		"changes: the text of segment 0 has more than 20000 characters": change(0, &long, nil),
		"speaker: a name has at most 200 characters":                    change(0, nil, new(long[:402])),
		`speakers: nobody is called "Eve"`:                              {Speakers: map[string]string{"Eve": "Ada"}},
		`speakers: nobody is called ""`:                                 {Speakers: map[string]string{"": "Ada"}},
		"changes and speakers are at most 10000 each":                   {Changes: make([]transcript.Change, 10_001)},
	} {
		if _, err := transcript.Correct("one", []content.Segment{{Text: "one"}}, c); !errors.Is(err, transcript.ErrCorrection) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	within := transcript.Correction{Changes: []transcript.Change{{Text: new(long[:40_000]), Speaker: new(long[:400])}}}
	if _, err := transcript.Correct("one", []content.Segment{{Text: "one"}}, within); err != nil {
		t.Errorf("at the bounds: %v", err)
	}
}
