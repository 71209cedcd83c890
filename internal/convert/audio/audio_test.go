package audio_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/audio"
	"morag/internal/convert/converttest"
	"morag/internal/speech"
)

// shared holds the recordings that several tests use.
var shared string

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == fakeWhisper {
		os.Exit(playWhisper(os.Args[1:]))
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "audio-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		shared = dir
		code := m.Run()
		if err := goleak.Find(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return code
	}())
}

const shortText = `Good morning, and welcome to the weekly meeting of the town.
The first item on the list is the new bridge across the river.`

// short is shortText as an mp3 file of 8 seconds, long is the suite's text.
var (
	short = sync.OnceValues(func() (string, error) { return speak("short.mp3", shortText) })
	long  = sync.OnceValues(func() (string, error) { return speak("long.mp3", converttest.SpokenText) })
)

func speak(name, text string) (string, error) {
	path := filepath.Join(shared, name)
	return path, speech.Speak(context.Background(), text, path)
}

func spoken(t *testing.T, make func() (string, error)) content.Source {
	t.Helper()
	path, err := make()
	if err != nil {
		t.Fatal(err)
	}
	return source(path)
}

func source(path string) content.Source {
	return content.Source{Path: path, Name: filepath.Base(path), Type: content.Audio, MIME: "audio/mpeg"}
}

// synthesize has ffmpeg make a file of one of its sources.
func synthesize(t *testing.T, name string, args ...string) content.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append([]string{"-v", "error", "-nostdin"}, append(args, path)...)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	return source(path)
}

func transcribe(t *testing.T, config audio.Config, src content.Source, opt convert.Options) (*content.Document, error) {
	t.Helper()
	config.ScratchDir = t.TempDir()
	doc, err := audio.New(config).Convert(t.Context(), src, opt, func(float64, string) {})
	if left, _ := os.ReadDir(config.ScratchDir); len(left) > 0 {
		t.Errorf("left in the scratch folder: %v", left)
	}
	return doc, err
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]audio.Config{
		"pocketsphinx": {},
		"whisper-cli":  whisperConfig(t, "", "ggml-base.bin"),
		"service":      (&fakeService{t: t}).config(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			converttest.Run(t, converttest.Case{
				New: func(scratch string) convert.Converter {
					config := config // subtests run at once
					config.ScratchDir, config.Engine = scratch, name
					return audio.New(config)
				},
				Source:     func(t *testing.T) content.Source { return spoken(t, short) },
				Structured: true,
			})
		})
	}
}

// What a person hears in the demo comes back nearly word for word, in segments where
// the voice pauses.
func TestSpeechIsUnderstood(t *testing.T) {
	t.Parallel()
	doc, err := transcribe(t, audio.Config{Threads: 2}, spoken(t, long), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	wer := speech.WordErrorRate(converttest.SpokenText, doc.Content)
	t.Logf("word error rate %.3f\n%s", wer, doc.Content)
	if wer > 0.15 {
		t.Errorf("word error rate %.3f", wer)
	}
	if n := len(doc.Segments); n < 8 || n > 30 {
		t.Errorf("%d segments of 15 sentences", n)
	}
	for i, s := range doc.Segments {
		if s.Confidence == nil || s.End-s.Start > 20 || s.End <= s.Start {
			t.Errorf("segment %+v", s)
		}
		if i > 0 && s.Start < doc.Segments[i-1].End-0.1 {
			t.Errorf("segment %+v before the end of %+v", s, doc.Segments[i-1])
		}
	}
	duration, _ := doc.Metadata["duration"].(float64)
	if duration < 40 || doc.Segments[len(doc.Segments)-1].End < duration-2 {
		t.Errorf("duration %v, last segment %+v", duration, doc.Segments[len(doc.Segments)-1])
	}
	for key, want := range map[string]any{
		"engine": "pocketsphinx", "quality": "low", "language": "en", "codec": "mp3", "channels": 1, "mime_type": "audio/mpeg",
	} {
		if doc.Metadata[key] != want {
			t.Errorf("%s: got %v, want %v", key, doc.Metadata[key], want)
		}
	}
	if !strings.HasPrefix(doc.Content, "[00:00:00] ") || strings.Count(doc.Content, "\n\n[00:00:") != len(doc.Segments)-1 {
		t.Errorf("content %q", doc.Content)
	}
}

// Times count from the start of the recording, whatever silence and cuts there are.
func TestTimesAfterSilence(t *testing.T) {
	t.Parallel()
	path, err := short()
	if err != nil {
		t.Fatal(err)
	}
	src := synthesize(t, "gap.mp3", "-i", path, "-af", "adelay=30000,apad=pad_dur=20")
	doc, err := transcribe(t, audio.Config{Threads: 2}, src, convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Segments) == 0 {
		t.Fatal("nothing heard")
	}
	if start := doc.Segments[0].Start; start < 29.8 || start > 30.8 {
		t.Errorf("speech after 30 s starts at %v", start)
	}
	if !strings.HasPrefix(doc.Content, "[00:00:30] ") {
		t.Errorf("content %q", doc.Content)
	}
	if wer := speech.WordErrorRate(shortText, doc.Content); wer > 0.25 {
		t.Errorf("word error rate %.3f: %s", wer, doc.Content)
	}
}

func TestEveryFormat(t *testing.T) {
	t.Parallel()
	path, err := short()
	if err != nil {
		t.Fatal(err)
	}
	for _, extension := range []string{"mp3", "wav", "m4a", "flac", "ogg", "opus", "webm", "aac", "wma", "mp4", "mkv", "mov", "avi"} {
		t.Run(extension, func(t *testing.T) {
			t.Parallel()
			// The name inside the blob store has no extension.
			encoded := converttest.Encode(t, path, extension, "-t", "3")
			bare := filepath.Join(t.TempDir(), "blob")
			if err := os.Rename(encoded, bare); err != nil {
				t.Fatal(err)
			}
			doc, err := transcribe(t, audio.Config{}, source(bare), convert.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.ToLower(doc.Content), "good morning") {
				t.Errorf("content %q", doc.Content)
			}
			if duration, _ := doc.Metadata["duration"].(float64); duration < 2.8 || duration > 3.3 {
				t.Errorf("duration %v", duration)
			}
			if len(doc.Warnings) > 0 {
				t.Errorf("warnings %q", doc.Warnings)
			}
		})
	}
}

func TestSilenceIsAnEmptyTranscript(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]content.Source{
		"digital silence": synthesize(t, "a.wav", "-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo", "-t", "4"),
		"a quiet room":    synthesize(t, "b.mp3", "-f", "lavfi", "-i", "anoisesrc=d=4:a=0.0008:c=pink"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := transcribe(t, audio.Config{}, src, convert.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if doc.Content != "" || len(doc.Segments) != 0 || doc.Metadata["engine"] != "pocketsphinx" {
				t.Errorf("%+v", doc)
			}
			if duration, _ := doc.Metadata["duration"].(float64); duration < 3.9 || duration > 4.2 {
				t.Errorf("duration %v", duration)
			}
		})
	}
}

func TestTagsAreMetadata(t *testing.T) {
	t.Parallel()
	path, err := short()
	if err != nil {
		t.Fatal(err)
	}
	for _, extension := range []string{"mp3", "ogg", "m4a"} {
		src := source(converttest.Encode(t, path, extension, "-t", "2", "-metadata", "title=The  meeting\n",
			"-metadata", "artist=The council", "-metadata", "date=2024-03-05"))
		doc, err := transcribe(t, audio.Config{}, src, convert.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]any{
			"title": "The meeting", "author": "The council", "created": "2024-03-05T00:00:00Z",
		} {
			if doc.Metadata[key] != want {
				t.Errorf("%s: %s: got %v, want %v", extension, key, doc.Metadata[key], want)
			}
		}
		if rate, _ := doc.Metadata["sample_rate"].(int); rate < 8000 {
			t.Errorf("%s: %v", extension, doc.Metadata)
		}
	}
}

func TestFilesWithoutSound(t *testing.T) {
	t.Parallel()
	video := synthesize(t, "a.mp4", "-f", "lavfi", "-i", "testsrc=d=1:s=64x64")
	if _, err := transcribe(t, audio.Config{}, video, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !errors.Is(err, audio.ErrNoSound) {
		t.Errorf("a video without sound: %v", err)
	}
	for name, raw := range map[string]string{
		"text": "This is no recording.", "a page": "<html><body>x</body></html>", "a PDF": "%PDF-1.4\n",
	} {
		path := filepath.Join(t.TempDir(), "a.mp3")
		if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := transcribe(t, audio.Config{}, source(path), convert.Options{}); !errors.Is(err, convert.ErrBadSource) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A playlist names other files. Whoever sends one must not hear what is in them.
func TestPlaylistsAreNotFollowed(t *testing.T) {
	t.Parallel()
	path, err := short()
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"hls":    "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://" + path + "\n#EXT-X-ENDLIST\n",
		"concat": "ffconcat version 1.0\nfile '" + path + "'\n",
		"sdp":    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
	} {
		list := filepath.Join(t.TempDir(), "list.m3u8")
		if err := os.WriteFile(list, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := transcribe(t, audio.Config{}, source(list), convert.Options{}); !errors.Is(err, convert.ErrBadSource) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Formats that say how long they are cannot lose a part unseen. Of a WAV ffprobe takes
// the length from the file when the two differ, and Ogg and raw AAC do not say.
func TestTruncatedRecordings(t *testing.T) {
	t.Parallel()
	path, err := short()
	if err != nil {
		t.Fatal(err)
	}
	for _, extension := range []string{"mp3", "m4a", "flac", "webm", "mov"} {
		raw, err := os.ReadFile(converttest.Encode(t, path, extension))
		if err != nil {
			t.Fatal(err)
		}
		cut := filepath.Join(t.TempDir(), "cut")
		if err := os.WriteFile(cut, raw[:len(raw)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err = transcribe(t, audio.Config{}, source(cut), convert.Options{}); !errors.Is(err, convert.ErrBadSource) {
			t.Errorf("%s: %v", extension, err)
		}
	}
}

// A file that is as good as empty and says that it lasts for hours: constant sound is
// packed into a few bytes.
func TestRecordingThatIsTooThin(t *testing.T) {
	src := synthesize(t, "thin.flac", "-f", "lavfi", "-i", "aevalsrc=0.5:s=8000:d=3000", "-frame_size", "16384")
	doc, err := audio.New(audio.Config{ScratchDir: t.TempDir()}).Convert(t.Context(), src, convert.Options{}, func(float64, string) {})
	if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "sound takes more") {
		t.Errorf("got %v, %v", doc, err)
	}
}

func TestRecordingOverTheLimit(t *testing.T) {
	t.Parallel()
	_, err := transcribe(t, audio.Config{MaxDuration: 2 * time.Second}, spoken(t, short), convert.Options{})
	if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "longer than 2s") {
		t.Errorf("error %v", err)
	}
}

func TestNoEngine(t *testing.T) {
	src := spoken(t, short)
	model := filepath.Join(t.TempDir(), "ggml-base.bin")
	if err := os.WriteFile(model, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		config   audio.Config
		language string
		bare     bool // no programs but ffmpeg's
		want     string
	}{
		"nothing installed":    {bare: true, want: "apt-get install pocketsphinx"},
		"an unknown one":       {config: audio.Config{Engine: "dictaphone"}, want: `no speech engine "dictaphone"`},
		"a language":           {language: "de-AT", want: `the language "de"`},
		"a forced one missing": {config: audio.Config{Engine: "whisper-cli"}, want: "whisper-cli has no model"},
		"a service not set":    {config: audio.Config{Engine: "service"}, want: "service has no address"},
		"whisper not there":    {config: audio.Config{Engine: "whisper-cli", WhisperModel: model, WhisperCommand: "no-such-whisper"}, want: "is not installed"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.bare {
				t.Setenv("PATH", only(t, "ffmpeg", "ffprobe"))
			}
			_, err := transcribe(t, tt.config, src, convert.Options{Language: tt.language})
			if !errors.Is(err, convert.ErrNoEngine) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// only makes a folder with links to programs.
func only(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range programs {
		path, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(path, filepath.Join(dir, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestUnknownLanguageIsRefused(t *testing.T) {
	t.Parallel()
	_, err := transcribe(t, audio.Config{}, spoken(t, short), convert.Options{Language: "klingonese!"})
	if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "option language") {
		t.Errorf("error %v", err)
	}
}

func TestEnginesAreListedInTheirOrder(t *testing.T) {
	t.Parallel()
	var names []string
	for _, e := range audio.New(audio.Config{}).Engines(t.Context()) {
		names = append(names, fmt.Sprint(e.Name, " ", e.Available))
	}
	want := []string{"ffmpeg true", "ffprobe true", "speech service false", "whisper-cli false", "pocketsphinx true"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}
