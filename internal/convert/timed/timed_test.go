package timed_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/timed"
)

func TestSubtitles(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ srt, want string }{
		"lines that roll": {`1
00:00:00,000 --> 00:00:02,000
we walk along the shore

2
00:00:02,000 --> 00:00:02,010
we walk along the shore

3
00:00:02,010 --> 00:00:04,000
we walk along the shore
and look at the sea

4
00:00:04,000 --> 00:00:06,000
and look at the sea
until it is dark`, "[00:00:00] we walk along the shore\n\n[00:00:02] and look at the sea\n\n[00:00:04] until it is dark"},
		"a line that grows": {`1
00:00:00,000 --> 00:00:01,000
we walk along

2
00:00:01,000 --> 00:00:02,000
we walk along the shore`, "[00:00:00] we walk along\n\n[00:00:01] the shore"},
		"a short answer twice":  {"1\n00:00:00,000 --> 00:00:01,000\nNo.\n\n2\n00:00:01,000 --> 00:00:02,000\nNo.\n", "[00:00:00] No.\n\n[00:00:01] No."},
		"a refrain, much later": {"1\n00:00:00,000 --> 00:00:01,000\nrow row your boat\n\n2\n00:01:01,000 --> 00:01:02,000\nrow row your boat\n", "[00:00:00] row row your boat\n\n[00:01:01] row row your boat"},
		"markup":                {"1\n00:00:00,000 --> 00:00:01,000\n{\\an8}<font color=\"#fff\">Tom &amp; Ada</font>: 1 < 2\n", "[00:00:00] Tom & Ada: 1 < 2"},
		"numbers as text":       {"1\n00:00:00,000 --> 00:00:01,000\n1984\n\n2\n01:00:01,000 --> 01:00:02,000\nis a year\n", "[00:00:00] 1984\n\n[01:00:01] is a year"},
		"a blank line in it":    {"1\n00:00:00,000 --> 00:00:01,000\none\n\ntwo\n\n2\n00:00:02,000 --> 00:00:03,000\nthree\n", "[00:00:00] one two\n\n[00:00:02] three"},
		"no blank lines":        {"1\n00:00:00,000 --> 00:00:01,000\none\n2\n00:00:02,000 --> 00:00:03,000\ntwo\n", "[00:00:00] one\n\n[00:00:02] two"},
		"WebVTT": {`WEBVTT - a talk

STYLE
::cue(b) { color: red }

NOTE
made by hand

intro
00:01.000 --> 00:02.500 align:start position:0%
we<00:01.400> walk

00:02.500 --> 01:00:04.000
- all of us`, "[00:00:01] we walk\n\n[00:00:02] - all of us"},
		"voices of WebVTT": {"WEBVTT\n\n00:01.000 --> 00:02.000\n<v.loud Ada B>Good <i>evening</i>.</v>\n<v Tom>Hello.\n", "[00:00:01] Ada B: Good evening.\n\n[00:00:01] Tom: Hello."},
		"nothing":          {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := timed.Markdown(timed.Subtitles(strings.Split(tt.srt, "\n"))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "", "auto": "", "en": "en", "en-US": "en", "English": "en", " german ": "de", "zh-Hant-TW": "zh", "Haitian Creole": "ht", "pt_BR": "pt", "ger": "de", "fre": "fr",
	} {
		if got, err := timed.WantedLanguage(name); err != nil || got != want {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"x", "no language", "en; rm -rf", "--help", "\x00", "und"} {
		if got, err := timed.WantedLanguage(name); !errors.Is(err, convert.ErrBadSource) {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"2024-05-06": "2024-05-06T00:00:00Z", "2024-05-06T07:08:09.123456Z": "2024-05-06T07:08:09Z", "2024": "2024-01-01T00:00:00Z", "2024-05": "2024-05-01T00:00:00Z", "0001-01-01": "",
		"20240506": "2024-05-06T00:00:00Z", "": "", "last year": "", "99999": "",
	} {
		if got := timed.Date(value); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

func TestTidy(t *testing.T) {
	t.Parallel()
	sure := 1.5
	got := timed.Tidy([]content.Segment{
		{Start: 3, End: 2, Text: " b\n c ", Speaker: "SPEAKER_00"}, {Start: 1, End: 99, Text: "a", Confidence: &sure}, {Start: 5, End: 6, Text: " \t"},
		{Start: math.NaN(), End: math.Inf(1), Text: "n"},
	}, 10)
	if len(got) != 3 || got[0].Text != "n" || got[0].End != 10 || got[1].End != 10 || *got[1].Confidence != 1 || got[2].Text != "b c" || got[2].End != 3 {
		t.Errorf("%+v", got)
	}
	if sure != 1.5 {
		t.Error("the engine's own number was changed")
	}
	if text := timed.Markdown(got[2:]); text != "[00:00:03] Speaker_00: b c" {
		t.Errorf("%q", text)
	}
	if text := timed.Markdown([]content.Segment{{Start: 360_061.9, Text: "x"}}); text != "[100:01:01] x" {
		t.Errorf("%q", text)
	}
	for name, want := range map[string]string{"SPEAKER_01": "Speaker_01", "speaker 3": "Speaker_03", "Speaker12": "Speaker_12", "Ada": "Ada", "A": "A"} {
		if s := timed.Tidy([]content.Segment{{Text: "x", Speaker: name}}, 1); s[0].Speaker != want {
			t.Errorf("%q became %q", name, s[0].Speaker)
		}
	}
}

func FuzzSubtitles(f *testing.F) {
	f.Add("[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,a\\Nb")
	f.Add("1\n00:00:00,000 --> 00:00:01,000\n<i>a</i>\n\n2\n99:99:99,999 --> 00:00:00,000\n{\\an8}b\xff")
	f.Add("WEBVTT\n\nSTYLE\nx\n\n00:01.000 --> 00:02.000 line:0\n<v A>a\n<v B>b<00:01.5>c")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0.0
		for _, s := range timed.Subtitles(strings.Split(text, "\n")) {
			if s.Start < last || s.End < s.Start || s.Text == "" || !utf8.ValidString(s.Text) {
				t.Errorf("segment %+v after %v", s, last)
			}
			last = s.Start
		}
	})
}

func TestASS(t *testing.T) {
	t.Parallel()
	lines := strings.Split(`[Script Info]
Format: of no use
Dialogue: 0,0:00:09.00,0:00:10.00,before the events
[Events]
Format: Layer, Start, End, Style, Name, Text
Dialogue: 0,0:00:02.50,0:00:04.00,Default,Anna,{\k20}Stay {\k30}home, now
Dialogue: 0,0:00:00.50,0:00:02.00,Default,,{\an8}The wind\Nis {\i1}strong{\i0}
Dialogue: 0,0:00:01.00,0:00:03.00,Default,,{\p1}m 0 0 l 100 0 100 100 0 -10.5{\p0}
Dialogue: 0,later,0:00:03.00,Default,,no time
Comment: 0,0:00:04.00,0:00:05.00,Default,,note`, "\n")
	want := []content.Segment{{Start: 0.5, End: 2, Text: "The wind is strong"}, {Start: 2.5, End: 4, Speaker: "Anna", Text: "Stay home, now"}}
	if got := timed.Subtitles(lines); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if got := timed.Subtitles([]string{"00:00:01,000 --> 00:00:02,000", "m 0 0 l 1 1", "m 5 is a motorway"}); len(got) != 1 || got[0].Text != "m 5 is a motorway" {
		t.Errorf("a drawing in another format: %+v", got)
	}
}
