package video_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/audio"
	"morag/internal/convert/converttest"
	"morag/internal/convert/video"
	"morag/internal/speech"
)

const spokenText = "Good morning, and welcome to the weekly meeting of the town."

const srt = `1
00:00:00,500 --> 00:00:02,000
<i>Rain</i> is falling
on the harbour.

2
00:00:03,000 --> 00:00:05,000
The boats stay in, don't they?

3
00:00:06,500 --> 00:00:07,250
Yes.
`

var wantCues = []content.Segment{
	{Start: 0.5, End: 2, Text: "Rain is falling on the harbour."},
	{Start: 3, End: 5, Text: "The boats stay in, don't they?"},
	{Start: 6.5, End: 7.25, Text: "Yes."},
}

// shared holds what several tests use.
var shared string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "video-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		shared = dir
		return m.Run()
	}())
}

// voice is spokenText as a recording of 4 seconds.
var voice = sync.OnceValues(func() (string, error) {
	path := filepath.Join(shared, "voice.mp3")
	return path, speech.Speak(context.Background(), spokenText, path)
})

// makeVideo has ffmpeg write a video under a name without an extension.
func makeVideo(t testing.TB, extension string, args ...string) content.Source {
	t.Helper()
	dir := t.TempDir()
	named := filepath.Join(dir, "made."+extension)
	args = append([]string{"-v", "error", "-nostdin"}, append(args, named)...)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	path := filepath.Join(dir, "blob")
	if err := os.Rename(named, path); err != nil {
		t.Fatal(err)
	}
	return content.Source{Path: path, Name: "holiday." + extension, Type: content.Video, MIME: "video/mp4"}
}

// pictures are ffmpeg's arguments for moving pictures of some seconds.
func pictures(seconds int) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("testsrc=d=%d:s=160x120:r=10", seconds)}
}

func withSubtitles(t testing.TB, extension, codec string, more ...string) content.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.srt")
	if err := os.WriteFile(path, []byte(srt), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(pictures(8), "-i", path, "-map", "0:v", "-map", "1:s", "-c:s", codec, "-deadline", "realtime", "-cpu-used", "8")
	return makeVideo(t, extension, append(args, more...)...)
}

func withVoice(t testing.TB, extension string) content.Source {
	t.Helper()
	path, err := voice()
	if err != nil {
		t.Fatal(err)
	}
	return makeVideo(t, extension, append(pictures(8), "-i", path, "-map", "0:v", "-map", "1:a", "-deadline", "realtime", "-cpu-used", "8")...)
}

func newConverter(scratch string, config video.Config) convert.Converter {
	return video.New(config, audio.New(audio.Config{ScratchDir: scratch}))
}

func watch(t testing.TB, config video.Config, src content.Source, opt convert.Options) (*content.Document, error) {
	t.Helper()
	scratch := t.TempDir()
	doc, err := newConverter(scratch, config).Convert(t.Context(), src, opt, nil)
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("left in the scratch folder: %v", left)
	}
	return doc, err
}

func mustWatch(t testing.TB, src content.Source, opt convert.Options) *content.Document {
	t.Helper()
	doc, err := watch(t, video.Config{}, src, opt)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]func(t *testing.T) content.Source{
		"subtitles in mp4": func(t *testing.T) content.Source { return withSubtitles(t, "mp4", "mov_text") },
		"speech in mkv":    func(t *testing.T) content.Source { return withVoice(t, "mkv") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			converttest.Run(t, converttest.Case{
				New:        func(scratch string) convert.Converter { return newConverter(scratch, video.Config{}) },
				Source:     source,
				Structured: true,
			})
		})
	}
}

func TestSubtitles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ extension, codec string }{
		{"mp4", "mov_text"}, {"mov", "mov_text"}, {"mkv", "srt"}, {"mkv", "ass"}, {"webm", "webvtt"},
	} {
		t.Run(tt.extension+" "+tt.codec, func(t *testing.T) {
			t.Parallel()
			doc := mustWatch(t, withSubtitles(t, tt.extension, tt.codec, "-metadata:s:s:0", "language=ger"), convert.Options{})
			if !reflect.DeepEqual(doc.Segments, wantCues) {
				t.Errorf("segments %+v", doc.Segments)
			}
			want := "[00:00:00] Rain is falling on the harbour.\n\n[00:00:03] The boats stay in, don't they?\n\n[00:00:06] Yes."
			if doc.Content != want {
				t.Errorf("content %q", doc.Content)
			}
			if doc.Metadata["language"] != "de" || doc.Metadata["quality"] != "high" {
				t.Errorf("metadata %v", doc.Metadata)
			}
		})
	}
}

// A track in the language asked for goes first, and one in another is of no use where
// there is sound.
func TestSubtitleLanguages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "b.srt")
	if err := os.WriteFile(path, []byte("1\n00:00:01,000 --> 00:00:02,000\nNon.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	src := withSubtitles(t, "mkv", "srt", "-metadata:s:s:0", "language=eng")
	src = makeVideo(t, "mkv", "-i", src.Path, "-i", path, "-map", "0", "-map", "1:s", "-c", "copy", "-metadata:s:s:1", "language=fre")
	for option, want := range map[string]string{"": "en", "fr-CA": "fr", "en": "en", "de": "en"} {
		if doc := mustWatch(t, src, convert.Options{Language: option}); doc.Metadata["language"] != want {
			t.Errorf("%q: %v", option, doc.Metadata["language"])
		}
	}
	if _, err := watch(t, video.Config{}, src, convert.Options{Language: "klingonese!"}); !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("error %v", err)
	}
	sounding := makeVideo(t, "mkv", "-i", src.Path, "-f", "lavfi", "-i", "anullsrc", "-map", "0", "-map", "1:a", "-t", "8")
	if doc := mustWatch(t, sounding, convert.Options{Language: "en"}); len(doc.Segments) == 0 {
		t.Error("its own language is not taken")
	}
	if _, err := watch(t, video.Config{}, sounding, convert.Options{Language: "de"}); !errors.Is(err, convert.ErrNoEngine) {
		t.Errorf("German sound was not listened to: %v", err)
	}
}

func TestSpeechIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, extension := range []string{"mp4", "avi", "webm"} {
		t.Run(extension, func(t *testing.T) {
			t.Parallel()
			doc := mustWatch(t, withVoice(t, extension), convert.Options{})
			if wer := speech.WordErrorRate(spokenText, doc.Content); wer > 0.15 {
				t.Errorf("word error rate %.3f: %s", wer, doc.Content)
			}
			if len(doc.Segments) == 0 || doc.Segments[len(doc.Segments)-1].End < 3 {
				t.Errorf("segments %+v", doc.Segments)
			}
			for key, want := range map[string]any{
				"engine": "pocketsphinx", "quality": "low", "width": 160, "height": 120, "frame_rate": 10.0, "mime_type": "video/mp4",
			} {
				if doc.Metadata[key] != want {
					t.Errorf("%s: got %v, want %v", key, doc.Metadata[key], want)
				}
			}
		})
	}
}

func TestSilentVideo(t *testing.T) {
	t.Parallel()
	src := makeVideo(t, "mp4", append(pictures(2), "-metadata", "title=The harbour", "-metadata", "creation_time=2023-04-05T06:07:08Z")...)
	doc := mustWatch(t, src, convert.Options{})
	if doc.Content != "" || len(doc.Segments)+len(doc.Thumbnails)+len(doc.Warnings) != 0 {
		t.Errorf("document %+v", doc)
	}
	for key, want := range map[string]any{
		"title": "The harbour", "created": "2023-04-05T06:07:08Z", "duration": 2.0, "codec": "h264", "width": 160, "height": 120,
	} {
		if doc.Metadata[key] != want {
			t.Errorf("%s: got %v, want %v", key, doc.Metadata[key], want)
		}
	}
	if engine, _ := doc.Metadata["engine"].(string); !strings.HasPrefix(engine, "ffmpeg ") {
		t.Errorf("engine %q", engine)
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	src := makeVideo(t, "mp4", "-f", "lavfi", "-i", "testsrc=d=3:s=640x360:r=10", "-f", "lavfi", "-i", "color=c=white:d=3:s=640x360:r=10",
		"-filter_complex", "[0][1]concat", "-pix_fmt", "yuv420p")
	doc, err := watch(t, video.Config{Thumbnails: 3}, src, convert.Options{IncludeThumbnails: true})
	if err != nil {
		t.Fatal(err)
	}
	if scenes, _ := doc.Metadata["scenes"].([]float64); !slices.Equal(scenes, []float64{3}) {
		t.Errorf("scenes %v", doc.Metadata["scenes"])
	}
	if len(doc.Thumbnails) != 3 {
		t.Fatalf("%d thumbnails", len(doc.Thumbnails))
	}
	first, last := thumbnail(t, doc.Thumbnails[0]), thumbnail(t, doc.Thumbnails[2])
	if first.Bounds() != image.Rect(0, 0, 320, 180) {
		t.Errorf("size %v", first.Bounds())
	}
	if r, g, b, _ := last.At(160, 90).RGBA(); min(r, g, b) < 0xf000 {
		t.Errorf("the last picture is not white: %x %x %x", r, g, b)
	}
	if r, g, b, _ := first.At(5, 20).RGBA(); min(r, g, b) >= 0xf000 {
		t.Error("the first picture is white")
	}
	asked, err := watch(t, video.Config{Thumbnails: 3}, src, convert.Options{IncludeThumbnails: true, ThumbnailCount: 2, ThumbnailSize: 64})
	if err != nil || len(asked.Thumbnails) != 2 || thumbnail(t, asked.Thumbnails[0]).Bounds() != image.Rect(0, 0, 64, 36) {
		t.Errorf("two of 64 pixels were asked for, %d came: %v", len(asked.Thumbnails), err)
	}
}

func thumbnail(t *testing.T, url string) image.Image {
	t.Helper()
	encoded, found := strings.CutPrefix(url, "data:image/jpeg;base64,")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !found {
		t.Fatalf("%.40q: %v", url, err)
	}
	picture, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func TestBadSources(t *testing.T) {
	t.Parallel()
	sound := withSubtitles(t, "mkv", "srt")
	file := func(text string) content.Source {
		path := filepath.Join(t.TempDir(), "blob")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return content.Source{Path: path, Name: "a.mp4", Type: content.Video}
	}
	for name, tt := range map[string]struct {
		config video.Config
		src    content.Source
		want   string
	}{
		"a document":       {src: file("%PDF-1.7\n"), want: "no readable video"},
		"a playlist":       {src: file("#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"), want: "no readable video"},
		"a list of files":  {src: file("ffconcat version 1.0\nfile " + sound.Path + "\n"), want: "no readable video"},
		"too much text":    {config: video.Config{MaxText: 50}, src: sound, want: "MiB of subtitles"},
		"too long":         {config: video.Config{MaxDuration: 5e9}, src: sound, want: "longer than 5s"},
		"frames too large": {config: video.Config{MaxPixels: 1000}, src: sound, want: "160 × 120 pixels are too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := watch(t, tt.config, tt.src, convert.Options{})
			if !errors.Is(err, convert.ErrBadSource) || doc != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("document %+v, error %v, want %q", doc, err, tt.want)
			}
		})
	}
}

// A file of subtitles alone is a video of which little is left.
func TestSubtitlesAlone(t *testing.T) {
	t.Parallel()
	src := makeVideo(t, "mkv", "-i", withSubtitles(t, "mkv", "srt").Path, "-map", "0:s", "-c", "copy")
	if doc := mustWatch(t, src, convert.Options{IncludeThumbnails: true}); len(doc.Segments) != 3 || len(doc.Thumbnails) != 0 {
		t.Errorf("document %+v", doc)
	}
}

// What hears takes every container that videos come in.
func TestVideoOfAStudio(t *testing.T) {
	t.Parallel()
	src := makeVideo(t, "mxf", "-f", "lavfi", "-i", "testsrc=d=2:s=320x240:r=25", "-f", "lavfi", "-i", "anullsrc=r=48000:d=2", "-c:v", "mpeg2video")
	doc, err := watch(t, video.Config{}, src, convert.Options{})
	if err != nil || doc.Metadata["audio_codec"] != "pcm_s16le" {
		t.Errorf("%+v, %v", doc, err)
	}
}

// Half of an mkv file is a sound shorter one but for the length that it gives.
func TestTruncatedSubtitles(t *testing.T) {
	t.Parallel()
	src := withSubtitles(t, "mkv", "srt")
	info, err := os.Stat(src.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(src.Path, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	if _, err := watch(t, video.Config{}, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "truncated: of 8 seconds") {
		t.Errorf("error %v", err)
	}
}

func TestMissingEngine(t *testing.T) {
	src := makeVideo(t, "mp4", pictures(1)...)
	t.Setenv("PATH", t.TempDir())
	if _, err := watch(t, video.Config{}, src, convert.Options{}); !errors.Is(err, convert.ErrNoEngine) || !strings.Contains(err.Error(), "apt-get install ffmpeg") {
		t.Errorf("error %v", err)
	}
}

// Subtitles beside a video go before those in it, unless they are in another language.
func TestSidecars(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	beside := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	src := withSubtitles(t, "mp4", "mov_text")
	src.Sidecars = []string{beside("a.fr.vtt", "Il pleut."), beside("a.de.vtt", "Es regnet.")}
	for language, want := range map[string]string{"de": "[00:00:01] Ada: Es regnet.", "fr-CA": "[00:00:01] Ada: Il pleut.", "it": "[00:00:00] Rain"} {
		doc := mustWatch(t, src, convert.Options{Language: language})
		if !strings.HasPrefix(doc.Content, want) {
			t.Errorf("%s: %q", language, doc.Content)
		}
	}
}

// Pictures and scenes that cannot be had in time cost themselves only.
func TestSlowScenesAreAWarning(t *testing.T) {
	src := withSubtitles(t, "mkv", "srt")
	real, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	probe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Fatal(err)
	}
	// An ffmpeg that is stuck when it is to look at pictures.
	dir := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in *scene*|*image2pipe*) exec sleep 60 ;; esac\nexec " + real + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(probe, filepath.Join(dir, "ffprobe")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	doc, err := watch(t, video.Config{Timeout: 3 * time.Second}, src, convert.Options{IncludeThumbnails: true})
	if err != nil || len(doc.Segments) != 3 || len(doc.Thumbnails) != 0 {
		t.Fatalf("%+v, %v", doc, err)
	}
	if text := strings.Join(doc.Warnings, "; "); !strings.Contains(text, "scenes") || !strings.Contains(text, "no pictures") {
		t.Errorf("warnings %q", text)
	}
}
