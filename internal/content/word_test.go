package content

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFitWords(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		segment Segment
		want    []Word
	}{
		"as OpenAI has them, without punctuation": {
			Segment{Start: 1, End: 3, Text: "The tide, turns.", Words: []Word{{1, 1.2, "The"}, {1.2, 2, "tide"}, {2.5, 3, "turns"}}},
			[]Word{{1, 1.2, "The"}, {1.2, 2, "tide"}, {2.5, 3, "turns"}},
		},
		"as Whisper has them, with spaces": {
			Segment{Start: 1, End: 3, Text: "The tide.", Words: []Word{{1, 1.2, " The"}, {1.2, 2, " tide."}}},
			[]Word{{1, 1.2, "The"}, {1.2, 2, "tide."}},
		},
		"without spaces between": {
			Segment{End: 3, Text: "潮が満ちる", Words: []Word{{0, 1, "潮"}, {1, 1.5, "が"}, {1.5, 3, "満ちる"}}},
			[]Word{{0, 1, "潮"}, {1, 1.5, "が"}, {1.5, 3, "満ちる"}},
		},
		"times out of order": {
			Segment{Start: 1, End: 3, Text: "a b c", Words: []Word{{0, 9, "a"}, {2, 1, "b"}, {1.5, 2.5, "c"}}},
			[]Word{{1, 3, "a"}, {2, 2, "b"}, {2, 2.5, "c"}},
		},
		"one is missing":          {Segment{End: 3, Text: "The high tide", Words: []Word{{0, 1, "The"}, {1, 2, "tide"}}}, nil},
		"the last is missing":     {Segment{End: 3, Text: "The tide", Words: []Word{{0, 1, "The"}}}, nil},
		"another text's":          {Segment{End: 3, Text: "The tide", Words: []Word{{0, 1, "Die"}, {1, 2, "Flut"}}}, nil},
		"one is empty":            {Segment{End: 3, Text: "The", Words: []Word{{0, 1, "The"}, {1, 2, " "}}}, nil},
		"none":                    {Segment{End: 3, Text: "The"}, nil},
		"nothing but a full stop": {Segment{End: 3, Text: "...", Words: []Word{{0, 1, "..."}}}, []Word{{0, 1, "..."}}},
	} {
		if diff := cmp.Diff(tt.want, tt.segment.FitWords()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestShifted(t *testing.T) {
	t.Parallel()
	before := Segment{Start: 1, End: 3, Text: "The tide", Words: []Word{{1, 2, "The"}, {2, 3, "tide"}}}
	want := Segment{Start: 11, End: 13, Text: "The tide", Words: []Word{{11, 12, "The"}, {12, 13, "tide"}}}
	if diff := cmp.Diff(want, before.Shifted(10)); diff != "" {
		t.Error(diff)
	}
	if before.Words[0].Start != 1 {
		t.Error("the words of before were changed")
	}
}

func TestReword(t *testing.T) {
	t.Parallel()
	words := []Word{{0, 1, "The"}, {1, 2, "died"}}
	if diff := cmp.Diff([]Word{{0, 1, "The"}, {1, 2, "tide."}}, Reword(words, "The tide.")); diff != "" {
		t.Error(diff)
	}
	if again := Reword(words, "The high tide"); again != nil {
		t.Errorf("another number of words: %v", again)
	}
	if words[1].Text != "died" {
		t.Error("the words of before were changed")
	}
}
