package audio

import (
	"errors"
	"maps"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/convert/timed"
)

const mp3Probe = `{"programs": [], "streams": [
	{"codec_name": "mjpeg", "codec_type": "video", "tags": {"comment": "Cover (front)"}},
	{"codec_name": "mp3", "codec_type": "audio", "sample_rate": "44100", "channels": 2, "duration": "12.500000"},
	{"codec_name": "aac", "codec_type": "audio", "sample_rate": "8000", "channels": 1}],
	"format": {"duration": "12.600000", "bit_rate": "64053", "probe_score": 51, "tags": {"TITLE": "A\nB", "date": "2020"}}}`

func parseFacts(out string) (facts, error) {
	probed, err := ffmpeg.ParseProbe([]byte(out))
	if err != nil {
		return facts{}, err
	}
	return factsOf(probed)
}

func TestFacts(t *testing.T) {
	t.Parallel()
	f, err := parseFacts(mp3Probe)
	if err != nil {
		t.Fatal(err)
	}
	if f.Codec != "mp3" || f.duration != 12.5 || !f.exact || f.SampleRate != 44100 || f.Channels != 2 || f.probed.BitRate != 64053 ||
		!maps.Equal(f.tags, ffmpeg.Tags{"title": "A B", "date": "2020"}) {
		t.Errorf("%+v", f)
	}
	_, err = parseFacts(`{"streams": [{"codec_type": "video"}], "format": {"probe_score": 100}}`)
	if !errors.Is(err, ErrNoSound) || !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("no sound: %v", err)
	}
}

// The duration of a video is not that of its sound unless the track has its own.
func TestVideoDurationIsNotTrusted(t *testing.T) {
	t.Parallel()
	f, err := parseFacts(`{"streams": [{"codec_type": "video"}, {"codec_type": "audio", "codec_name": "opus"}],
		"format": {"probe_score": 100, "duration": "60"}}`)
	if err != nil || f.exact || f.duration != 60 {
		t.Errorf("%+v, %v", f, err)
	}
}

const sphinxOutput = `good morning and i'm here
<s> 0.090 0.160 0.999400
good(2) 0.170 0.350 0.500000
morning 0.360 0.890 1.000600
<sil> 0.900 0.960 0.737761
and(2) 0.970 1.150 0.900000
i'm 1.160 1.630 0.900000
</s> 1.640 1.700 1.000000

it is late
<s> 2.000 2.100 1.000000
it(3) 2.110 2.200 1.000000
[NOISE] 2.210 2.300 1.000000
<sil> 2.310 2.900 1.000000
late 2.910 3.300 0.500000
</s> 3.310 3.400 1.000000
`

func parseSphinxOutput(out string) []word {
	var words []word
	for line := range strings.SplitSeq(out, "\n") {
		if w, ok := parseSphinx(line); ok {
			words = append(words, w)
		}
	}
	return words
}

func TestSphinxSentences(t *testing.T) {
	t.Parallel()
	segments := sentences(parseSphinxOutput(sphinxOutput))
	want := []struct {
		start, end, confidence float64
		text                   string
	}{{0.17, 1.63, 0.825, "Good morning and I'm"}, {2.11, 2.2, 1, "It"}, {2.91, 3.3, 0.5, "Late"}}
	if len(segments) != len(want) {
		t.Fatalf("%+v", segments)
	}
	for i, s := range segments {
		w := want[i]
		if s.Start != w.start || s.End != w.end || s.Text != w.text || math.Abs(*s.Confidence-w.confidence) > 1e-9 {
			t.Errorf("got %+v (%v), want %+v", s, *s.Confidence, w)
		}
	}
}

// Someone who does not pause is cut where he draws breath.
func TestLongSphinxSegmentsEndAtShortPauses(t *testing.T) {
	t.Parallel()
	var words []word
	for i := range 100 {
		at := float64(i) * 0.5
		words = append(words, word{text: "word", start: at, end: at + 0.35})
	}
	segments := sentences(words)
	if len(segments) < 3 {
		t.Errorf("%d segments", len(segments))
	}
}

func TestWithoutVariant(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"and(2)": "and", "a": "a", "(2)": "(2)", "x(y)": "x(y)", "x(2": "x(2", "o'clock(12)": "o'clock"} {
		if got := withoutVariant(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestParseWhisperLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]float64{
		"[00:00:00.000 --> 00:00:07.600]   And so": 7.6,
		"[00:59:00.000 --> 01:00:01.500]  x":       3601.5,
		"whisper_init: loading":                    -1,
		"[00:00:00.000 --> 00:07.600]":             -1,
		"[x --> a:b:c]":                            -1,
		"[x --> 00:00:-1]":                         -1,
	} {
		got, ok := parseWhisperLine(line)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %v, want %v", line, got, want)
		}
	}
}

// fit checks what every engine's segments are after tidy.
func fit(t *testing.T, segments []content.Segment, total float64) {
	t.Helper()
	last := 0.0
	for _, s := range timed.Tidy(segments, total) {
		if !(s.Start >= last && s.End >= s.Start && s.End <= math.Max(total, 0)+0.001) || s.Text == "" ||
			!utf8.ValidString(s.Text) || strings.ContainsAny(s.Text, "\n\x00") {
			t.Errorf("segment %+v", s)
		}
		if s.Confidence != nil && !(*s.Confidence >= 0 && *s.Confidence <= 1) {
			t.Errorf("confidence %v", *s.Confidence)
		}
		last = s.Start
	}
}

func FuzzSphinx(f *testing.F) {
	f.Add(sphinxOutput)
	f.Add("a(2) NaN 1 2\n</s> 1 0 -1\n\xff 1 2 3\n")
	f.Fuzz(func(t *testing.T, out string) {
		fit(t, sentences(parseSphinxOutput(out)), 100)
	})
}

func FuzzWhisper(f *testing.F) {
	f.Add([]byte(`{"result": {"language": "en"}, "transcription": [{"offsets": {"from": 0, "to": 10500}, "text": " And so", "tokens": [{"text": " And", "p": 0.5}]}]}`))
	f.Add([]byte(`{"transcription": [{"offsets": {"from": 1e308, "to": -1}, "text": "x", "tokens": [{"text": "x", "p": 1e308}, {"text": "x", "p": 1e308}]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if tr, err := parseWhisper(raw); err == nil {
			fit(t, tr.segments, 100)
		}
	})
}

func FuzzVerbose(f *testing.F) {
	f.Add([]byte(`{"language": "english", "text": "x", "segments": [{"start": 0, "end": 3, "text": "x", "avg_logprob": -0.5, "no_speech_prob": 0.1}]}`))
	f.Add([]byte(`{"text": "only text"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if tr, err := parseVerbose(raw, 5); err == nil {
			fit(t, shift(tr.segments, 3), 100)
		}
	})
}

func FuzzProgress(f *testing.F) {
	f.Add("[00:00:00.000 --> 00:00:07.600]  text")
	f.Fuzz(func(t *testing.T, line string) {
		if part, ok := parseWhisperLine(line); ok && part != part {
			t.Errorf("%q is %v", line, part)
		}
	})
}
