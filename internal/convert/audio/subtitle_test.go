package audio_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/audio"
)

const srt = `1
00:00:00,500 --> 00:00:02,000
<i>Rain</i> falls, naïvely.

2
00:00:03,000 --> 00:00:05,000
The boats stay in.
`

const read = "[00:00:00] Rain falls, naïvely.\n\n[00:00:03] The boats stay in."

// mute needs an engine that is not there as soon as it listens.
var mute = audio.Config{Engine: "service"}

func beside(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tone is a recording of eight seconds, with the subtitles in it if a codec is given.
func tone(t *testing.T, extension, codec string) content.Source {
	t.Helper()
	args := []string{"-f", "lavfi", "-i", "sine=d=8"}
	if codec != "" {
		args = append(args, "-i", beside(t, "a.srt", srt), "-map", "0:a", "-map", "1:s", "-c:s", codec, "-metadata:s:s:0", "language=eng")
	}
	return synthesize(t, "talk."+extension, args...)
}

func TestEmbeddedSubtitlesAreRead(t *testing.T) {
	t.Parallel()
	for extension, codec := range map[string]string{"m4a": "mov_text", "mka": "srt", "mp4": "mov_text"} {
		doc, err := transcribe(t, mute, tone(t, extension, codec), convert.Options{})
		if err != nil {
			t.Errorf("%s: %v", extension, err)
			continue
		}
		if doc.Content != read || math.Abs(doc.Segments[1].Start-3) > 0.01 || math.Abs(doc.Segments[1].End-5) > 0.01 {
			t.Errorf("%s: %q, %+v", extension, doc.Content, doc.Segments)
		}
		if m := doc.Metadata; m["engine"] != "ffmpeg" || m["quality"] != "high" || m["language"] != "en" || m["subtitles"] == "" {
			t.Errorf("%s: metadata %v", extension, m)
		}
	}
	if _, err := transcribe(t, mute, tone(t, "mka", "srt"), convert.Options{Language: "de"}); !errors.Is(err, convert.ErrNoEngine) {
		t.Errorf("English subtitles of a German talk: %v", err)
	}
}

func TestSidecarsAreRead(t *testing.T) {
	t.Parallel()
	utf16le := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(srt)) {
		utf16le = append(utf16le, byte(unit), byte(unit>>8))
	}
	for name, tt := range map[string]struct {
		sidecars []string
		language string
	}{
		"plain":           {[]string{beside(t, "talk.srt", srt)}, ""},
		"by its language": {[]string{beside(t, "talk.de.srt", "1\n00:00:01,000 --> 00:00:02,000\nRegen.\n"), beside(t, "talk.en.srt", srt)}, "en-GB"},
		"with Windows":    {[]string{beside(t, "talk.SRT", strings.ReplaceAll(strings.ReplaceAll(srt, "\n", "\r\n"), "ï", "\xef"))}, ""},
		"in UTF-16":       {[]string{beside(t, "talk.srt", string(utf16le))}, ""},
		"WebVTT":          {[]string{beside(t, "talk.en.vtt", "\ufeffWEBVTT\n\n"+strings.ReplaceAll(srt, ",0", ".0"))}, ""},
	} {
		src := tone(t, "mp3", "")
		src.Sidecars = tt.sidecars
		doc, err := transcribe(t, mute, src, convert.Options{Language: tt.language})
		if err != nil || doc.Content != read || doc.Metadata["engine"] != "subtitles" {
			t.Errorf("%s: %+v, %v", name, doc, err)
		}
	}
}

// What is not subtitles, or in another language, is listened to as if it were not there.
func TestSidecarsOfNoUse(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"no subtitles":     beside(t, "talk.srt", "%PDF-1.7"),
		"another language": beside(t, "talk.fr.srt", srt),
		"another format":   beside(t, "talk.txt", srt),
	} {
		src := tone(t, "mp3", "")
		src.Sidecars = []string{path}
		if _, err := transcribe(t, mute, src, convert.Options{Language: "en"}); !errors.Is(err, convert.ErrNoEngine) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Subtitles without end are refused before they fill the memory.
func TestEndlessSubtitles(t *testing.T) {
	t.Parallel()
	huge := beside(t, "talk.srt", srt)
	if err := os.Truncate(huge, 1<<30); err != nil {
		t.Fatal(err)
	}
	besides := tone(t, "mp3", "")
	besides.Sidecars = []string{huge}
	var cues strings.Builder // of the same time but another text, else ffmpeg keeps one
	for i := range 2000 {
		fmt.Fprintf(&cues, "%d\n00:00:01,000 --> 00:00:02,000\n%d %s\n\n", i, i, strings.Repeat("word ", 2000))
	}
	inside := synthesize(t, "talk.mka", "-f", "lavfi", "-i", "sine=d=3", "-i", beside(t, "a.srt", cues.String()),
		"-map", "0:a", "-map", "1:s", "-c:s", "srt")
	for name, src := range map[string]content.Source{"beside": besides, "inside": inside} {
		if _, err := transcribe(t, audio.Config{}, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "more than 16 MiB of subtitles") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLyricsAreMetadata(t *testing.T) {
	t.Parallel()
	for extension, tag := range map[string]string{"mp3": "lyrics-eng", "flac": "LYRICS", "ogg": "UNSYNCEDLYRICS"} {
		src := synthesize(t, "song."+extension, "-f", "lavfi", "-i", "anullsrc=d=2", "-metadata", tag+"=Row your boat\nGently\n")
		doc, err := transcribe(t, audio.Config{}, src, convert.Options{})
		if err != nil || doc.Metadata["lyrics"] != "Row your boat\nGently" || doc.Content != "" {
			t.Errorf("%s: %+v, %v", extension, doc, err)
		}
	}
}
