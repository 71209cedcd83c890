package ffmpeg

import (
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/convert"
	"morag/internal/proc"
)

const probed = `{"programs": [], "streams": [
	{"index": 0, "codec_type": "video", "codec_name": "mjpeg", "width": 9, "height": 9, "disposition": {"attached_pic": 1}},
	{"index": 1, "codec_type": "video", "width": 1920, "height": 1080, "avg_frame_rate": "0/0", "r_frame_rate": "30000/1001", "side_data_list": [{"rotation": -90}]},
	{"index": 2, "codec_type": "audio", "codec_name": "mp3", "sample_rate": "44100", "channels": 2, "duration": "12.5", "disposition": {"default": 1}},
	{"index": 3, "codec_type": "subtitle", "codec_name": "hdmv_pgs_subtitle"},
	{"index": 4, "codec_type": "subtitle", "codec_name": "subrip", "tags": {"LANGUAGE": "deu"}},
	{"index": 5, "codec_type": "subtitle", "codec_name": "subrip", "disposition": {"forced": 1}}],
	"format": {"duration": "N/A", "bit_rate": "64053", "probe_score": 51, "tags": {"TITLE": "A\nB", "date": "2020"}}}`

func TestParseProbe(t *testing.T) {
	t.Parallel()
	f, err := ParseProbe([]byte(probed))
	if err != nil {
		t.Fatal(err)
	}
	if f.Duration != 0 || f.BitRate != 64053 || !maps.Equal(f.Tags, Tags{"title": "A B", "date": "2020"}) || f.RawTags["TITLE"] != "A\nB" {
		t.Errorf("the file: %+v", f)
	}
	picture, sound := f.First("video"), f.First("audio")
	if picture == nil || picture.Codec != "unknown" || picture.Width != 1080 || picture.Height != 1920 || math.Abs(picture.FrameRate-29.97) > 0.001 {
		t.Errorf("the pictures: %+v", picture)
	}
	if sound == nil || sound.Codec != "mp3" || sound.SampleRate != 44100 || sound.Channels != 2 || sound.Duration != 12.5 || !sound.Default {
		t.Errorf("the sound: %+v", sound)
	}
	if f.First("data") != nil {
		t.Error("a track of another type")
	}
	if tracks := f.Subtitles(); len(tracks) != 1 || tracks[0].Index != 4 || tracks[0].Language != "de" || tracks[0].Format != "subrip" {
		t.Errorf("subtitles: %+v", tracks)
	}
	for name, out := range map[string]string{
		"unsure":        strings.Replace(probed, ": 51", ": 1", 1),
		"nothing":       `{}`,
		"no JSON":       `x`,
		"another shape": `{"streams": 7}`,
	} {
		if _, err := ParseProbe([]byte(out)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]float64{
		"out_time_us=1500000": 1.5, "out_time_us=1500000\n": 1.5, "out_time_us=0": 0,
		"out_time_us=N/A": -1, "out_time_us=-9": -1, "out_time=00:00:01": -1, "": -1,
	} {
		got, ok := Position(line)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %v, want %v", line, got, want)
		}
	}
}

func TestIsCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		says, holds float64
		want        bool
	}{{100, 100, false}, {100, 90, false}, {100, 89, true}, {10, 8.5, false}, {10, 7, true}, {0, 5, false}} {
		if got := IsCut(test.says, test.holds); got != test.want {
			t.Errorf("of %v there are %v: %v", test.says, test.holds, got)
		}
	}
}

// How each way to fail is told.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	for name, script := range map[string]string{
		"full":   "echo 'av_write: No space left on device' >&2; exit 1",
		"broken": "exit 1",
		"stuck":  "while :; do :; done",
		"right":  "echo right",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	tool := Tool{Noun: "film"}
	for name, test := range map[string]struct {
		timeout  time.Duration
		sentinel error
		sentence string
	}{
		"right":  {time.Minute, nil, ""},
		"broken": {time.Minute, convert.ErrBadSource, "the file is no readable film"},
		"absent": {time.Minute, convert.ErrNoEngine, "films need the program absent: apt-get install ffmpeg"},
		"stuck":  {100 * time.Millisecond, convert.ErrEngine, "stuck took longer than 100ms"},
	} {
		_, err := tool.Run(t.Context(), proc.Cmd{Name: name, Timeout: test.timeout})
		if !errors.Is(err, test.sentinel) || err != nil && err.Error() != test.sentence {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := tool.Run(t.Context(), proc.Cmd{Name: "full", Timeout: 10 * time.Second})
	for _, sentinel := range []error{convert.ErrBadSource, convert.ErrEngine, convert.ErrNoEngine} {
		if err == nil || errors.Is(err, sentinel) {
			t.Errorf("a full disk: %v", err)
		}
	}
}

func FuzzProbe(f *testing.F) {
	f.Add([]byte(probed))
	f.Add([]byte(`{"streams": [{"codec_type": "audio", "sample_rate": "1e999", "channels": -1}], "format": {"probe_score": 99, "duration": "NaN"}}`))
	f.Add([]byte(`{"streams": [{"codec_type": "video", "avg_frame_rate": "1/0"}], "format": {"probe_score": 100, "duration": "1e999"}}`))
	f.Fuzz(func(t *testing.T, out []byte) {
		got, err := ParseProbe(out)
		if err != nil {
			return
		}
		if !(got.Duration >= 0 && got.Duration < math.Inf(1)) || got.Tags == nil || got.BitRate < 0 {
			t.Errorf("%+v", got)
		}
		for _, s := range got.Streams {
			if s.Codec == "" || s.Channels < 0 || s.Width < 0 || !(s.FrameRate >= 0) || !(s.Duration >= 0) {
				t.Errorf("%+v", s)
			}
		}
		got.Subtitles()
	})
}

func FuzzPosition(f *testing.F) {
	f.Add("out_time_us=1000000")
	f.Add("out_time_us=-9223372036854775808")
	f.Fuzz(func(t *testing.T, line string) {
		if at, ok := Position(line); ok && at < 0 {
			t.Errorf("%q is at %v", line, at)
		}
	})
}
