package video

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/convert"
)

func TestRollingCaptions(t *testing.T) {
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
		"nothing":               {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := markdown(joinRolling(parseSRT(strings.Split(tt.srt, "\n")))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseProbe(t *testing.T) {
	t.Parallel()
	f, err := parseProbe([]byte(`{"streams": [
		{"index": 0, "codec_type": "video", "codec_name": "mjpeg", "width": 9, "height": 9, "disposition": {"attached_pic": 1}},
		{"index": 1, "codec_type": "video", "codec_name": "h264", "width": 1920, "height": 1080, "avg_frame_rate": "30000/1001", "side_data_list": [{"rotation": -90}]},
		{"index": 2, "codec_type": "subtitle", "codec_name": "hdmv_pgs_subtitle"},
		{"index": 3, "codec_type": "subtitle", "codec_name": "subrip", "disposition": {"forced": 1}}],
		"format": {"duration": "N/A", "probe_score": 100, "tags": {"TITLE": "A\nB"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	meta := f.metadata()
	if meta["width"] != 1080 || meta["height"] != 1920 || meta["frame_rate"] != 29.97 || meta["title"] != "A B" || meta["duration"] != nil {
		t.Errorf("metadata %v", meta)
	}
	if f.subtitlesFor("") != nil {
		t.Errorf("subtitles %+v", f.subtitles)
	}
}

func FuzzProbe(f *testing.F) {
	f.Add([]byte(`{"streams": [{"codec_type": "video", "avg_frame_rate": "1/0"}], "format": {"probe_score": 100, "duration": "1e999"}}`))
	f.Fuzz(func(t *testing.T, out []byte) {
		facts, err := parseProbe(out)
		if err != nil {
			if !errors.Is(err, convert.ErrBadSource) {
				t.Errorf("error %v", err)
			}
			return
		}
		facts.metadata()
		facts.subtitlesFor("de")
	})
}

func FuzzSRT(f *testing.F) {
	f.Add("1\n00:00:00,000 --> 00:00:01,000\n<i>a</i>\n\n2\n99:99:99,999 --> 00:00:00,000\n{\\an8}b\xff")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0.0
		for _, s := range joinRolling(parseSRT(strings.Split(text, "\n"))) {
			if s.Start < last || s.End < s.Start || s.Text == "" || !utf8.ValidString(s.Text) {
				t.Errorf("segment %+v after %v", s, last)
			}
			last = s.Start
		}
	})
}
