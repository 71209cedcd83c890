package transcript_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"morag/internal/content"
	"morag/internal/transcript"
)

var talk = []content.Segment{
	{Start: 0, End: 2.5, Text: "Good morning.", Speaker: "Ada"},
	{Start: 2.5, End: 4, Text: "a --> b, <b>x</b> & {\\an8}", Speaker: "Bob"},
	{Start: 7, End: 14, Text: "The tide turns at noon, so that whoever wants to sail to the islands has to leave the harbour before ten."},
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ got, want string }{
		"srt": {transcript.SRT(talk), "1\n00:00:00,000 --> 00:00:02,500\nAda: Good morning.\n\n" +
			"2\n00:00:02,500 --> 00:00:04,000\nBob: a --\u2060> b, <\u2060b>x<\u2060/b> & {\u2060\\an8}\n\n" +
			"3\n00:00:07,000 --> 00:00:10,566\nThe tide turns at noon, so\nthat whoever wants to sail\n\n" +
			"4\n00:00:10,566 --> 00:00:14,000\nto the islands has to leave\nthe harbour before ten.\n"},
		"vtt": {transcript.VTT(talk), "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\n<v Ada>Good morning.\n\n" +
			"00:00:02.500 --> 00:00:04.000\n<v Bob>a --&gt; b, &lt;b&gt;x&lt;/b&gt; &amp; {\\an8}\n\n" +
			"00:00:07.000 --> 00:00:10.566\nThe tide turns at noon, so\nthat whoever wants to sail\n\n" +
			"00:00:10.566 --> 00:00:14.000\nto the islands has to leave\nthe harbour before ten.\n"},
		"txt": {transcript.Text(talk), "Ada: Good morning.\n\nBob: a --> b, <b>x</b> & {\\an8}\n\n" + talk[2].Text + "\n"},
		"md": {transcript.Markdown("On *tides*", talk), "# On \\*tides\\*\n\n**00:00:00** **Ada:** Good morning.\n\n" +
			"**00:00:02** **Bob:** a --\\> b, \\<b\\>x\\</b\\> \\& {\\\\an8}\n\n**00:00:07** " + talk[2].Text + "\n"},
		"nothing, srt":         {transcript.SRT(nil), ""},
		"nothing, vtt":         {transcript.VTT(nil), "WEBVTT\n"},
		"nothing, txt":         {transcript.Text(nil), ""},
		"nothing but a title":  {transcript.Markdown("T", nil), "# T\n"},
		"no title":             {transcript.Markdown("", talk[:1]), "**00:00:00** **Ada:** Good morning.\n"},
		"a text of many lines": {transcript.Text([]content.Segment{{Text: "a\n\nb\x00\u2028c"}, {Text: " \n"}}), "a b c\n"},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What one speaker says without a pause is one paragraph, until that is long.
func TestParagraphs(t *testing.T) {
	t.Parallel()
	say := func(start, end float64, text, speaker string) content.Segment {
		return content.Segment{Start: start, End: end, Text: text, Speaker: speaker}
	}
	long := strings.Repeat("x", 600)
	for want, segments := range map[string][]content.Segment{
		"Ada: a b\n":         {say(0, 1, "a", "Ada"), say(2.9, 4, "b", "Ada")},
		"a\n\nb\n":           {say(0, 1, "a", ""), say(3, 4, "b", "")},
		"a\n\nAda: b\n\nc\n": {say(0, 1, "a", ""), say(1, 2, "b", "Ada"), say(2, 3, "c", "")},
		"b a\n":              {say(1, 2, "a", ""), say(0, 1, "b", "")},
		long + "\n\na\n":     {say(0, 1, long, ""), say(1, 2, "a", "")},
		long[1:] + " a\n":    {say(0, 1, long[1:], ""), say(1, 2, "a", "")},
		"Ada: a\n\nBob: b\n": {say(0, 1, "a", "Ada"), say(0, 1, "b", "Bob")},
	} {
		if got := transcript.Text(segments); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestCueTimes(t *testing.T) {
	t.Parallel()
	two := func(a, b content.Segment) []content.Segment { return []content.Segment{a, b} }
	for name, tt := range map[string]struct {
		segments []content.Segment
		want     []string
	}{
		"as they are":              {two(content.Segment{Start: 1, End: 3, Text: "a"}, content.Segment{Start: 4, End: 11, Text: "b"}), []string{"1000 3000 a", "4000 11000 b"}},
		"a short one stays":        {two(content.Segment{Start: 1, End: 1.2, Text: "a"}, content.Segment{Start: 4, End: 5, Text: "b"}), []string{"1000 2000 a", "4000 5000 b"}},
		"short ones are joined":    {two(content.Segment{Start: 1, End: 1.2, Text: "a"}, content.Segment{Start: 1.3, End: 2, Text: "b"}), []string{"1000 2000 a b"}},
		"of two speakers not":      {two(content.Segment{Start: 1, End: 1.2, Text: "a"}, content.Segment{Start: 1.3, End: 2, Text: "b", Speaker: "B"}), []string{"1000 1300 a", "1300 2300 B: b"}},
		"one is shown 7 s at most": {two(content.Segment{Start: 0, End: 30, Text: "a"}, content.Segment{Start: 40, End: 47.001, Text: "b"}), []string{"0 7000 a", "40000 47000 b"}},
		"long words have their turn": {[]content.Segment{{Start: 0, End: 8, Text: "one two"}},
			[]string{"0 4000 one", "4000 8000 two"}},
		"two at a time":       {two(content.Segment{Start: 0, End: 4, Text: "a"}, content.Segment{Start: 2, End: 6, Text: "b"}), []string{"0 2000 a", "2000 6000 b"}},
		"at the same":         {two(content.Segment{Start: 0, End: 4, Text: "a"}, content.Segment{Start: 0, End: 4, Text: "b"}), []string{"0 1000 a", "1000 4000 b"}},
		"no length":           {[]content.Segment{{Start: 5, End: 5, Text: strings.Repeat("x", 39)}}, []string{"5000 7000 " + strings.Repeat("x", 39)}},
		"out of order":        {two(content.Segment{Start: 5, End: 6, Text: "b"}, content.Segment{Start: 1, End: 2, Text: "a"}), []string{"1000 2000 a", "5000 6000 b"}},
		"times that are none": {[]content.Segment{{Start: math.NaN(), End: math.Inf(1), Text: "a"}}, []string{"0 7000 a"}},
		"later than can be":   {[]content.Segment{{Start: 1e12, End: 1e13, Text: "a"}}, []string{"2592000000 2592001000 a"}},
	} {
		var got []string
		for _, c := range parse(t, transcript.SRT(tt.segments)) {
			got = append(got, fmt.Sprintf("%d %d %s", c.start, c.end, strings.Join(c.lines, "|")))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

type shown struct {
	start, end int64
	lines      []string
}

var timing = regexp.MustCompile(`^(\d\d+):(\d\d):(\d\d)[,.](\d\d\d) --> (\d\d+):(\d\d):(\d\d)[,.](\d\d\d)$`)

// parse reads SubRip by its letter.
func parse(t *testing.T, srt string) (all []shown) {
	t.Helper()
	if srt == "" {
		return nil
	}
	for i, block := range strings.Split(strings.TrimSuffix(srt, "\n"), "\n\n") {
		lines := strings.Split(block, "\n")
		if len(lines) < 3 || lines[0] != strconv.Itoa(i+1) {
			t.Fatalf("block %d is %q", i+1, block)
		}
		m := timing.FindStringSubmatch(lines[1])
		if m == nil {
			t.Fatalf("no times: %q", lines[1])
		}
		at := func(m []string) (ms int64) {
			for i, unit := range []int64{3_600_000, 60_000, 1000, 1} {
				n, _ := strconv.ParseInt(m[i], 10, 64)
				ms += n * unit
			}
			return ms
		}
		all = append(all, shown{at(m[1:5]), at(m[5:9]), lines[2:]})
	}
	return all
}

// random are segments as a bad worker sends them.
func random(r *rand.Rand) (segments []content.Segment) {
	words := []string{"a", "the", "harbour", "-->", "<i>", strings.Repeat("ä", 41), strings.Repeat("語", 100), "\n", "00:00:01,000", "7", "{\\b1}", "&"}
	at := 0.0
	for range r.IntN(30) {
		var text []string
		for range r.IntN(60) {
			text = append(text, words[r.IntN(len(words))])
		}
		length := []float64{0, 0.01, 0.5, 3, 20, 100}[r.IntN(6)]
		segments = append(segments, content.Segment{Start: at, End: at + length, Text: strings.Join(text, " "), Speaker: []string{"", "Ada", "a long name of one who speaks"}[r.IntN(3)]})
		at += []float64{0, 0.001, 1, length, length + 1, -2}[r.IntN(6)]
	}
	return segments
}

// TestPlayersAccept: whatever is said, lines are short, cues follow each other, no word is
// lost, and a player reads as many as were written.
func TestPlayersAccept(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		segments := random(r)
		srt := transcript.SRT(segments)
		last := int64(-1)
		for _, c := range parse(t, srt) {
			if c.start < last || c.end <= c.start || c.end-c.start > 7000 {
				t.Fatalf("from %d to %d after %d", c.start, c.end, last)
			}
			last = c.end
			if len(c.lines) > 2 {
				t.Fatalf("lines: %q", c.lines)
			}
			for _, line := range c.lines {
				if utf8.RuneCountInString(line) > 42 || strings.TrimSpace(line) == "" {
					t.Fatalf("line: %q", line)
				}
			}
		}
		vtt := transcript.VTT(segments)
		if strings.Count(vtt, "-->") != strings.Count(vtt, " --> ") || strings.Count(vtt, "<") != strings.Count(vtt, "<v ") {
			t.Fatalf("not escaped: %s", vtt)
		}
		var want, got strings.Builder
		for _, s := range strings.Fields(transcript.Text(unnamed(segments))) {
			want.WriteString(s)
		}
		for _, c := range parse(t, transcript.SRT(unnamed(segments))) {
			got.WriteString(strings.NewReplacer("\u2060", "", " ", "").Replace(strings.Join(c.lines, "")))
		}
		if got.String() != want.String() {
			t.Fatalf("words are lost:\n%s\n%s", want.String(), got.String())
		}
	}
}

func unnamed(segments []content.Segment) []content.Segment {
	all := make([]content.Segment, len(segments))
	for i, s := range segments {
		s.Speaker = ""
		all[i] = s
	}
	return all
}

// TestFFmpegReads: ffmpeg makes the same subtitles of both files.
func TestFFmpegReads(t *testing.T) {
	t.Parallel()
	segments := talk
	for i := range 40 {
		at := 20 + float64(i)*3
		segments = append(segments, content.Segment{Start: at, End: at + 3, Text: fmt.Sprintf("sentence %d is as long as it has to be, or longer, so that it needs more lines than two, and <i>tags</i> --> arrows", i)})
	}
	dir := t.TempDir()
	times := regexp.MustCompile(`(?m)^[\d:.,]+ --> [\d:.,]+$`)
	cues := len(parse(t, transcript.SRT(segments)))
	for name, text := range map[string]string{"a.srt": transcript.SRT(segments), "a.vtt": transcript.VTT(segments)} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		probed, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", file).CombinedOutput()
		if got := strings.Count(string(probed), "\n"); err != nil || got != cues {
			t.Errorf("ffprobe finds %d cues in %s, want %d: %v\n%s", got, name, cues, err, probed)
		}
		for _, to := range []string{"srt", "webvtt"} {
			made, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "warning", "-i", file, "-f", to, "-").CombinedOutput()
			if err != nil || len(times.FindAll(made, -1)) != cues || !strings.Contains(string(made), "sentence 39") {
				t.Errorf("%s as %s: %v\n%s", name, to, err, made)
			}
		}
	}
}

// A recording of a day, and one segment of many megabytes, are written in a moment.
func TestLongRecordings(t *testing.T) {
	t.Parallel()
	var day []content.Segment
	for i := range 86_400 {
		day = append(day, content.Segment{Start: float64(i), End: float64(i + 1), Text: "what is said in a second of a day"})
	}
	huge := []content.Segment{{Start: 0, End: 1, Text: strings.Repeat("word ", 1<<19)}}
	for name, segments := range map[string][]content.Segment{"a day": day, "one segment": huge} {
		began := time.Now()
		n := len(transcript.SRT(segments)) + len(transcript.VTT(segments)) + len(transcript.Text(segments)) + len(transcript.Markdown("", segments))
		if took := time.Since(began); n == 0 || took > 2*time.Minute {
			t.Errorf("%s took %v", name, took)
		} else {
			t.Logf("%s: %d bytes in %v", name, n, took)
		}
	}
}

// A text without spaces of some megabytes, which a worker may send, is cut in a moment:
// counted anew for each line, its characters would take minutes.
func TestLongWordsAreCheap(t *testing.T) {
	const lines = 30_000
	got := transcript.SRT([]content.Segment{{Start: 0, End: 1e6, Text: strings.Repeat("雨", 42*lines) + "x"}})
	if n := strings.Count(got, "雨"); n != 42*lines || !strings.HasSuffix(got, "x\n") {
		t.Errorf("%d characters, ending in %q", n, got[len(got)-50:])
	}
	full := "1\n00:00:00,000 --> 00:00:05,000\n" + strings.Repeat("a", 42) + "\n"
	if got := transcript.SRT([]content.Segment{{Start: 0, End: 5, Text: strings.Repeat("a", 42)}}); got != full {
		t.Errorf("a word that fills a line: %q", got)
	}
}
