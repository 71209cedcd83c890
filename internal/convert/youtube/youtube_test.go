package youtube_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/audio"
	"morag/internal/convert/converttest"
	"morag/internal/convert/youtube"
	"morag/internal/outbound"
	"morag/internal/speech"
)

const spokenText = "Good morning, and welcome to the weekly meeting of the town."

const manualVTT = `WEBVTT

NOTE written by hand

00:00.500 --> 00:02.000
<i>Rain</i> is falling
on the harbour.

00:03.000 --> 00:05.000
<v Anna>The boats stay in, don't they?
`

// shared holds the recording that several tests use.
var shared string

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == fakeCommand {
		os.Exit(playYtDlp(os.Args[1:]))
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "youtube-test-")
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
var voice = sync.OnceValues(func() ([]byte, error) {
	path := filepath.Join(shared, "voice.mp3")
	if err := speech.Speak(context.Background(), spokenText, path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// serve is a site with a page that has a video with captions, and one without.
func serve(t testing.TB) string {
	t.Helper()
	sound, err := voice()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		send := func(name, mimeType string, body []byte) {
			w.Header().Set("Content-Type", mimeType)
			http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
		}
		switch r.URL.Path {
		case "/talk.mp3":
			send("talk.mp3", "audio/mpeg", sound)
		case "/page", "/page-de":
			track := `<track kind="subtitles" srclang="en" src="/talk.vtt">`
			if r.URL.Path == "/page-de" {
				track = `<track kind="subtitles" srclang="de" src="/talk.vtt">`
			}
			send("page.html", "text/html", []byte(`<html><head><title>The meeting of the town</title></head><body><video><source src="/talk.mp3" type="audio/mpeg">`+track+`</video></body></html>`))
		case "/talk.vtt":
			send("talk.vtt", "text/vtt", []byte(manualVTT))
		case "/nothing":
			send("x.html", "text/html", []byte("<html><p>No video here"))
		case "/private":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		case "/ftp":
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
		case "/trouble":
			w.WriteHeader(http.StatusInternalServerError)
		case "/endless.mp3":
			w.Header().Set("Content-Type", "audio/mpeg")
			for {
				if _, err := w.Write(sound); err != nil {
					return
				}
			}
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func guard(t testing.TB, allow ...string) *outbound.Guard {
	t.Helper()
	g, err := outbound.NewGuard(allow)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func newConverter(t testing.TB, config youtube.Config, allow ...string) *youtube.Converter {
	config.Confined = true // there is nothing here but the tests' own sites
	return youtube.New(config, guard(t, allow...), audio.New(audio.Config{ScratchDir: config.ScratchDir}))
}

// watch converts the video at an address, and checks that nothing is left of it.
func watch(t testing.TB, config youtube.Config, address string, opt convert.Options, allow ...string) (*content.Document, error) {
	t.Helper()
	config.ScratchDir = t.TempDir()
	doc, err := newConverter(t, config, allow...).Convert(t.Context(), content.Source{URL: address, Type: content.YouTube}, opt, nil)
	if left, _ := os.ReadDir(config.ScratchDir); len(left) > 0 {
		t.Errorf("left in the scratch folder: %v", left)
	}
	return doc, err
}

// The real yt-dlp, at a site that its generic extractor understands.
func TestConformance(t *testing.T) {
	t.Parallel()
	base := serve(t)
	converttest.Run(t, converttest.Case{
		New: func(scratch string) convert.Converter {
			return newConverter(t, youtube.Config{ScratchDir: scratch}, "*")
		},
		Source: func(t *testing.T) content.Source {
			path := filepath.Join(t.TempDir(), "address")
			if err := os.WriteFile(path, []byte(base+"/page"), 0o600); err != nil {
				t.Fatal(err)
			}
			return content.Source{Path: path, Name: "a video", Type: content.YouTube}
		},
	})
}

func TestRealSound(t *testing.T) {
	t.Parallel()
	base := serve(t)
	var calls atomic.Int32
	c := newConverter(t, youtube.Config{ScratchDir: t.TempDir()}, "*")
	doc, err := c.Convert(t.Context(), content.Source{URL: base + "/talk.mp3"}, convert.Options{}, func(float64, string) { calls.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, s := range doc.Segments {
		words = append(words, s.Text)
	}
	if rate := speech.WordErrorRate(spokenText, strings.Join(words, " ")); rate > 0.15 {
		t.Errorf("word error rate %.2f: %q", rate, words)
	}
	if !strings.HasPrefix(doc.Content, "# talk\n\n[00:00:0") || doc.Metadata["engine"] != "pocketsphinx" ||
		doc.Metadata["url"] != base+"/talk.mp3" || doc.Metadata["title"] != "talk" || doc.Metadata["mime_type"] != "audio/mpeg" {
		t.Errorf("%q, %v", doc.Content, doc.Metadata)
	}
	if calls.Load() < 5 {
		t.Errorf("%d times progress", calls.Load())
	}
}

func TestRealCaptions(t *testing.T) {
	t.Parallel()
	base := serve(t)
	doc, err := watch(t, youtube.Config{}, base+"/page", convert.Options{}, "*")
	if err != nil {
		t.Fatal(err)
	}
	want := []content.Segment{
		{Start: 0.5, End: 2, Text: "Rain is falling on the harbour."},
		{Start: 3, End: 5, Text: "The boats stay in, don't they?", Speaker: "Anna"},
	}
	if !slices.EqualFunc(doc.Segments, want, func(a, b content.Segment) bool {
		return a.Start == b.Start && a.End == b.End && a.Text == b.Text && a.Speaker == b.Speaker
	}) {
		t.Errorf("segments %+v", doc.Segments)
	}
	if text := "# The meeting of the town (1)\n\n[00:00:00] Rain is falling on the harbour.\n\n[00:00:03] Anna: The boats stay in, don't they?"; doc.Content != text {
		t.Errorf("content %q", doc.Content)
	}
	if doc.Metadata["engine"] != "captions" || doc.Metadata["captions"] != "manual" || doc.Metadata["language"] != "en" {
		t.Errorf("metadata %v", doc.Metadata)
	}
}

// The captions are German, and English is wanted: the sound is listened to.
func TestRealCaptionsInAnotherLanguage(t *testing.T) {
	t.Parallel()
	doc, err := watch(t, youtube.Config{}, serve(t)+"/page-de", convert.Options{Language: "en-GB"}, "*")
	if err != nil || doc.Metadata["engine"] != "pocketsphinx" || doc.Metadata["captions"] != nil {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestRealFailures(t *testing.T) {
	t.Parallel()
	base := serve(t)
	for path, want := range map[string]error{
		"/nothing": convert.ErrBadSource, "/absent": convert.ErrBadSource, "/trouble": convert.ErrEngine, "/private": convert.ErrEngine,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			_, err := watch(t, youtube.Config{}, base+path, convert.Options{}, "*")
			if !errors.Is(err, want) || strings.ContainsAny(err.Error(), "\n/\\") && !errors.Is(err, convert.ErrEngine) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("too much", func(t *testing.T) {
		t.Parallel()
		_, err := watch(t, youtube.Config{MaxDownload: 4096}, base+"/talk.mp3", convert.Options{}, "*")
		if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "larger") {
			t.Errorf("%v", err)
		}
	})
	t.Run("without end", func(t *testing.T) {
		t.Parallel()
		_, err := watch(t, youtube.Config{MaxDownload: 64 << 10}, base+"/endless.mp3", convert.Options{}, "*")
		if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "larger") {
			t.Errorf("%v", err)
		}
	})
}

// TestSSRF has the real yt-dlp led into the inner network, by every way that there is.
func TestSSRF(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inner.Close() })
	go func() {
		for {
			conn, err := inner.Accept()
			if err != nil {
				return
			}
			t.Error("the inner server was called")
			_ = conn.Close()
		}
	}()
	u, err := url.Parse(serve(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{
		"http://127.0.0.1:" + u.Port() + "/talk.mp3", "http://[::ffff:127.0.0.1]:" + u.Port() + "/talk.mp3", "file:///etc/passwd", "ytsearch:bees", "rtmp://127.0.0.1/x",
	} {
		if _, err := watch(t, youtube.Config{}, address, convert.Options{}); !errors.Is(err, convert.ErrBadSource) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, to := range []string{"http://" + inner.Addr().String() + "/", "https://" + inner.Addr().String() + "/", "ftp://" + inner.Addr().String() + "/x", "file:///etc/passwd"} {
		t.Run(to[:5], func(t *testing.T) {
			t.Parallel()
			// The redirecting server is allowed by name, as a public one would be by address.
			_, err := watch(t, youtube.Config{}, "http://localhost:"+u.Port()+"/ftp?to="+url.QueryEscape(to), convert.Options{}, "localhost")
			if !errors.Is(err, convert.ErrBadSource) && !errors.Is(err, convert.ErrEngine) || strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("%v", err)
			}
		})
	}
}

// A version that a page can have go past the proxy is refused where nothing else keeps it
// from that, and the list of engines says so, also where a network of its own does.
func TestOldYtDlpIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		version  string
		confined bool
		taken    bool
		warned   bool
	}{
		{"2023.03.04", false, false, false}, {"2023.11.13", false, false, false}, {"2023.11.14", false, true, false}, {"unheard of", false, false, false},
		{"2023.03.04", true, true, true}, {"2023.11.13", true, true, true}, {"2023.11.14", true, true, false}, {"unheard of", true, true, true},
	} {
		version, taken := tt.version, tt.taken
		config := fake(t, `{"id": "x", "title": "T", "subtitles": {"en": [{"ext": "vtt"}]}}`, map[string]string{"manual en vtt": manualVTT, "version": version})
		config.ScratchDir, config.Confined = t.TempDir(), tt.confined
		c := youtube.New(config, guard(t, "*"), audio.New(audio.Config{}))
		_, err := c.Convert(t.Context(), content.Source{URL: "https://youtu.be/x"}, convert.Options{}, nil)
		if taken != (err == nil) || err != nil && (!errors.Is(err, convert.ErrNoEngine) || !strings.Contains(err.Error(), "past the proxy")) {
			t.Errorf("%s: %v", version, err)
		}
		e := c.Engines(t.Context())[0]
		if e.Available != taken || taken == strings.Contains(e.Remedy, "past the proxy") || tt.warned != strings.Contains(e.Warning, "past the proxy") {
			t.Errorf("%s: %+v", version, e)
		}
	}
}

func TestWithoutYtDlp(t *testing.T) {
	t.Parallel()
	_, err := watch(t, youtube.Config{Command: filepath.Join(t.TempDir(), "gone")}, "http://example.org/", convert.Options{})
	if !errors.Is(err, convert.ErrNoEngine) || !strings.Contains(err.Error(), "pip install") {
		t.Errorf("%v", err)
	}
}

// One that is there and cannot be asked, since it is broken or the machine is busy, is not
// said to be missing.
func TestYtDlpThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "yt-dlp")
	if err := os.WriteFile(broken, []byte("\x7fELF"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := watch(t, youtube.Config{Command: broken}, "http://example.org/", convert.Options{})
	if !errors.Is(err, convert.ErrEngine) || !strings.Contains(err.Error(), "does not tell its version") {
		t.Errorf("%v", err)
	}
	e := youtube.New(youtube.Config{Command: broken}, guard(t, "*"), audio.New(audio.Config{})).Engines(t.Context())[0]
	if e.Available || strings.Contains(e.Remedy, "pip install") {
		t.Errorf("%+v", e)
	}
}

func TestThumbnail(t *testing.T) {
	t.Parallel()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/good" {
			_, _ = w.Write(picture.Bytes())
			return
		}
		_, _ = io.WriteString(w, "<html>no picture")
	}))
	t.Cleanup(srv.Close)
	for path, want := range map[string]int{"/good": 1, "/bad": 0} {
		config := fake(t, `{"id": "x", "title": "T", "thumbnail": "`+srv.URL+path+`", "subtitles": {"en": [{"ext": "vtt"}]}}`, map[string]string{"manual en vtt": manualVTT})
		doc, err := watch(t, config, "https://youtu.be/x", convert.Options{IncludeThumbnails: true}, "*")
		if err != nil || len(doc.Thumbnails) != want || len(doc.Warnings) != 1-want {
			t.Fatalf("%s: %+v, %v", path, doc, err)
		}
		if want == 1 && doc.Thumbnails[0] != "data:image/png;base64,"+base64.StdEncoding.EncodeToString(picture.Bytes()) {
			t.Errorf("%.50s", doc.Thumbnails[0])
		}
	}
}
