package caption

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/content"
)

func TestParseVTT(t *testing.T) {
	t.Parallel()
	got := ParseVTT("\ufeffWEBVTT - a title\nKind: captions\r\nLanguage: en\r\n\r\nSTYLE\n::cue { color: red }\n\nNOTE a note\nthat goes on\n\n" +
		"first\n00:01.500 --> 00:03.000 align:start position:0%\n<v Anna Bell>Tom &amp; <i>Ada</i>\n&lt;wave&gt;\n\n" +
		"100:00:04.000 --> 100:00:05.000\n<v.loud Tom>Yes.</v>\n\n2\n00:00:02.000 --> 00:00:02.500\n \n\nnot a cue\n")
	want := []Cue{
		{Start: 1.5, End: 3, Lines: []string{"Tom & Ada", "<wave>"}, Speaker: "Anna Bell"},
		{Start: 360004, End: 360005, Lines: []string{"Yes."}, Speaker: "Tom"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

// rolling is how YouTube writes captions that a machine has made as WebVTT.
const rolling = `WEBVTT
Kind: captions
Language: en

00:00:00.320 --> 00:00:02.149 align:start position:0%
 
we<00:00:00.560><c> walk</c>

00:00:02.149 --> 00:00:02.159 align:start position:0%
we walk
 

00:00:02.159 --> 00:00:04.309 align:start position:0%
we walk
along<00:00:02.400><c> the</c><00:00:02.720><c> shore</c>

00:00:04.309 --> 00:00:04.319 align:start position:0%
along the shore
 

00:00:04.319 --> 00:00:06.000 align:start position:0%
along the shore
and<00:00:04.560><c> look</c>
`

func TestJoinAutomatic(t *testing.T) {
	t.Parallel()
	got := JoinAutomatic(ParseVTT(rolling))
	want := []content.Segment{{Start: 0.32, End: 2.159, Text: "we walk"}, {Start: 2.159, End: 4.319, Text: "along the shore"}, {Start: 4.319, End: 6, Text: "and look"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if text := Markdown(Merge(got, 10, nil), nil); text != "[00:00:00] we walk along the shore and look" {
		t.Errorf("merged: %q", text)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	say := func(start, end float64, speaker, text string) content.Segment {
		return content.Segment{Start: start, End: end, Speaker: speaker, Text: text}
	}
	got := Merge([]content.Segment{
		say(0, 2, "", "a"), say(2, 4, "", "b"), say(4, 6, "", "c"), say(6, 8, "Tom", "d"), say(8, 9, "Tom", "e"), say(12, 13, "Tom", "f"), say(13, 14, "Tom", "g"),
	}, 5, []float64{13})
	var texts []string
	for _, s := range got {
		texts = append(texts, s.Text)
	}
	if strings.Join(texts, "|") != "a b|c|d e|f|g" || got[0].End != 4 {
		t.Errorf("got %+v", got)
	}
}

func TestParseJSON3(t *testing.T) {
	t.Parallel()
	got, err := ParseJSON3([]byte(`{"wireMagic": "pb3", "pens": [{}], "events": [
		{"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1},
		{"tStartMs": 320, "dDurationMs": 4000, "wWinId": 1, "segs": [{"utf8": "we", "acAsrConf": 0}, {"utf8": " walk", "tOffsetMs": 240}]},
		{"tStartMs": 2149, "dDurationMs": 1850, "wWinId": 1, "aAppend": 1, "segs": [{"utf8": "\n"}]},
		{"tStartMs": 2159, "dDurationMs": 3000, "segs": [{"utf8": "along\nthe shore"}]},
		{"tStartMs": -5, "dDurationMs": 1, "segs": [{"utf8": "never"}]}, {"tStartMs": 1e300, "segs": [{"utf8": "never"}]}]}`))
	want := []Cue{{Start: 0.32, End: 2.159, Lines: []string{"we walk"}}, {Start: 2.159, End: 5.159, Lines: []string{"along", "the shore"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := ParseJSON3([]byte("<html>")); err == nil {
		t.Error("HTML is taken for captions")
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	got := Markdown([]content.Segment{{Start: 1, Text: "one"}, {Start: 62.9, Text: "two", Speaker: "Tom"}, {Start: 3700, Text: "three"}},
		[]Chapter{{0, "Start"}, {30, "Empty"}, {60, "Middle"}, {4000, "End"}})
	if want := "## Start\n\n[00:00:01] one\n\n## Empty\n\n## Middle\n\n[00:01:02] Tom: two\n\n[01:01:40] three\n\n## End"; got != want {
		t.Errorf("got %q", got)
	}
}

func isSound(t *testing.T, segments []content.Segment) {
	t.Helper()
	last := 0.0
	for _, s := range segments {
		if s.Start < last || s.End < s.Start || s.Text == "" || !utf8.ValidString(s.Text+s.Speaker) || strings.Contains(s.Text+s.Speaker, "\n") {
			t.Errorf("segment %+v after %v", s, last)
		}
		last = s.Start
	}
}

func FuzzVTT(f *testing.F) {
	f.Add(rolling)
	f.Add("1\n00:00:00,000 --> 00:00:01,000\n<i>a</i>\n\n2\n99:99:99,999 --> 00:00:00,000\n{\\an8}b\xff")
	f.Add("WEBVTT\n\n00:00.000 --> 00:01.000\n<v \xff>a\x00")
	f.Fuzz(func(t *testing.T, text string) {
		isSound(t, Join(ParseVTT(text)))
		isSound(t, Merge(JoinAutomatic(ParseVTT(text)), 10, nil))
		isSound(t, Join(ParseSRT(strings.Split(text, "\n"))))
	})
}

func FuzzJSON3(f *testing.F) {
	f.Add([]byte(`{"events": [{"tStartMs": 5, "dDurationMs": 1e9, "segs": [{"utf8": "a\n\u0000b"}]}, {"tStartMs": 1, "segs": [{"utf8": "c"}]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if cues, err := ParseJSON3(raw); err == nil {
			isSound(t, JoinAutomatic(cues))
		}
	})
}
