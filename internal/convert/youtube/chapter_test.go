package youtube

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/content"
)

func TestParseJSON3(t *testing.T) {
	t.Parallel()
	got, err := parseJSON3([]byte(`{"wireMagic": "pb3", "pens": [{}], "events": [
		{"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1},
		{"tStartMs": 320, "dDurationMs": 4000, "wWinId": 1, "segs": [{"utf8": "we", "acAsrConf": 0}, {"utf8": " walk", "tOffsetMs": 240}]},
		{"tStartMs": 2149, "dDurationMs": 1850, "wWinId": 1, "aAppend": 1, "segs": [{"utf8": "\n"}]},
		{"tStartMs": 2159, "dDurationMs": 3000, "segs": [{"utf8": "along\nthe shore"}]},
		{"tStartMs": -5, "dDurationMs": 1, "segs": [{"utf8": "never"}]}, {"tStartMs": 1e300, "segs": [{"utf8": "never"}]}]}`))
	want := []content.Segment{{Start: 0.32, End: 2.159, Text: "we walk"}, {Start: 2.159, End: 5.159, Text: "along the shore"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := parseJSON3([]byte("<html>")); err == nil {
		t.Error("HTML is taken for captions")
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

func TestRollingCaptions(t *testing.T) {
	t.Parallel()
	got, mimeType, err := track{automatic: true}.parse(".vtt", []byte(strings.ReplaceAll(rolling, "\n", "\r\n")))
	want := []content.Segment{{Start: 0.32, End: 2.159, Text: "we walk"}, {Start: 2.159, End: 4.319, Text: "along the shore"}, {Start: 4.319, End: 6, Text: "and look"}}
	if err != nil || mimeType != "text/vtt" || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if text := markdown("", paragraphs(got, nil), nil); text != "[00:00:00] we walk along the shore and look" {
		t.Errorf("joined: %q", text)
	}
}

func TestParagraphs(t *testing.T) {
	t.Parallel()
	say := func(start, end float64, speaker, text string) content.Segment {
		return content.Segment{Start: start, End: end, Speaker: speaker, Text: text}
	}
	got := paragraphs([]content.Segment{
		say(0, 5, "", "a"), say(5, 12, "", "b"), say(12, 13, "", "c"), say(13, 14, "Tom", "d"), say(14, 15, "Tom", "e"), say(18, 19, "Tom", "f"), say(19, 20, "Tom", "g"),
	}, []chapter{{Start: 19}})
	var texts []string
	for _, s := range got {
		texts = append(texts, s.Text)
	}
	if strings.Join(texts, "|") != "a b|c|d e|f|g" || got[0].End != 12 {
		t.Errorf("got %+v", got)
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	segments := []content.Segment{{Start: 1, Text: "one"}, {Start: 62.9, Text: "two", Speaker: "Tom"}, {Start: 3700, Text: "three"}}
	got := markdown("Title", segments, []chapter{{0, "Start"}, {30, "Empty"}, {60, "Middle"}, {4000, "End"}})
	if want := "# Title\n\n## Start\n\n[00:00:01] one\n\n## Empty\n\n## Middle\n\n[00:01:02] Tom: two\n\n[01:01:40] three\n\n## End"; got != want {
		t.Errorf("got %q", got)
	}
	if got := markdown("Title", nil, []chapter{{0, "Start"}}); got != "" {
		t.Errorf("silence is %q", got)
	}
}

func FuzzCaptions(f *testing.F) {
	f.Add(".vtt", []byte(rolling))
	f.Add(".srt", []byte("1\n00:00:00,000 --> 00:00:01,000\n<i>a</i>\n\n2\n99:99:99,999 --> 00:00:00,000\n{\\an8}b\xff"))
	f.Add(".json3", []byte(`{"events": [{"tStartMs": 5, "dDurationMs": 1e9, "segs": [{"utf8": "a\n\u0000b"}]}, {"tStartMs": 1, "segs": [{"utf8": "c"}]}]}`))
	f.Fuzz(func(t *testing.T, extension string, raw []byte) {
		for _, automatic := range []bool{true, false} {
			segments, _, err := track{automatic: automatic}.parse(extension, raw)
			if err != nil {
				return
			}
			last := 0.0
			for _, s := range paragraphs(segments, []chapter{{Start: 2}}) {
				if s.Start < last || s.End < s.Start || s.Text == "" || !utf8.ValidString(s.Text+s.Speaker) || strings.Contains(s.Text+s.Speaker, "\n") {
					t.Errorf("segment %+v after %v", s, last)
				}
				last = s.Start
			}
		}
	})
}
