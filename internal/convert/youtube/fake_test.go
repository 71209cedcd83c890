package youtube_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/youtube"
)

// fakeCommand is the name under which this test binary plays yt-dlp. YouTube itself is
// out of the tests' reach; what is played has the shape that yt-dlp gives it.
const fakeCommand = "yt-dlp"

// playYtDlp checks the arguments as the real program does, and answers from the folder
// that its link lies in: info.json, or "error" for standard error, and captions under
// the names of what is asked for.
func playYtDlp(args []string) int {
	dir := filepath.Dir(os.Args[0])
	flags := flag.NewFlagSet(fakeCommand, flag.ContinueOnError)
	for _, name := range []string{"no-config", "no-cache-dir", "no-exec", "no-playlist", "no-warnings", "no-mtime", "no-part", "no-live-from-start",
		"no-write-comments", "no-write-info-json", "no-cookies", "abort-on-unavailable-fragments", "newline"} {
		flags.Bool(name, false, "")
	}
	for _, name := range []string{"fixup", "ffmpeg-location", "socket-timeout", "retries", "fragment-retries", "extractor-retries", "playlist-items", "progress-template", "max-filesize", "format"} {
		flags.String(name, "", "")
	}
	dump, skip := flags.Bool("dump-single-json", false, ""), flags.Bool("skip-download", false, "")
	manual, automatic := flags.Bool("write-subs", false, ""), flags.Bool("write-auto-subs", false, "")
	saved, languages := flags.String("load-info-json", "", ""), flags.String("sub-langs", "", "")
	forms, output := flags.String("sub-format", "", ""), flags.String("output", "", "")
	version := flags.Bool("version", false, "")
	if err := flags.Parse(args); err != nil {
		fmt.Fprintln(os.Stderr, "yt-dlp: error:", err)
		return 2
	}
	home, _ := os.UserHomeDir()
	work, _ := os.Getwd()
	switch {
	case *version:
		version := []byte("2030.01.02")
		if said, err := os.ReadFile(filepath.Join(dir, "version")); err == nil {
			version = said
		}
		fmt.Println(string(version))
		return 0
	case home != work || !strings.HasPrefix(os.Getenv("https_proxy"), "http://morag:") || os.Getenv("https_proxy") != os.Getenv("all_proxy"):
		fmt.Fprintf(os.Stderr, "ERROR: home %s, proxy %s\n", home, os.Getenv("https_proxy"))
		return 1
	}
	if message, err := os.ReadFile(filepath.Join(dir, "error")); err == nil {
		if string(message) == "hang" {
			<-time.After(time.Hour)
		}
		fmt.Fprint(os.Stderr, string(message))
		return 1
	}
	info, err := os.ReadFile(filepath.Join(dir, "info.json"))
	if err != nil {
		return 1
	}
	if *dump && *skip && flags.NArg() == 1 {
		fmt.Println(string(info))
		return 0
	}
	if known, err := os.ReadFile(*saved); err != nil || len(known) == 0 || *output == "" {
		fmt.Fprintln(os.Stderr, "ERROR: no info")
		return 1
	}
	if !*skip {
		sound, err := os.ReadFile(filepath.Join(dir, "sound"))
		if err != nil {
			fmt.Fprintln(os.Stderr, "ERROR: unable to download video data: HTTP Error 403: Forbidden")
			return 1
		}
		fmt.Println("morag 10 100 NA\nmorag 100 100 NA")
		return write(strings.Replace(*output, "%(ext)s", "mp3", 1), sound)
	}
	which := "manual"
	if *automatic && !*manual {
		which = "automatic"
	}
	for form := range strings.SplitSeq(*forms, "/") {
		if text, err := os.ReadFile(filepath.Join(dir, which+" "+*languages+" "+form)); err == nil {
			return write(strings.Replace(*output, "%(ext)s", *languages+"."+form, 1), text)
		}
	}
	return 0 // as the real one does: it has warned
}

func write(name string, raw []byte) int {
	if os.WriteFile(name, raw, 0o600) != nil {
		return 1
	}
	return 0
}

// fake has the converter use a program that knows one video.
func fake(t testing.TB, info string, files map[string]string) youtube.Config {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := filepath.Join(dir, fakeCommand)
	if err := os.Symlink(self, command); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "info.json"), []byte(info), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return youtube.Config{Command: command}
}

// youTubeInfo has the shape of what yt-dlp says of a video on YouTube, shortened.
const youTubeInfo = `{"id": "abcDEF12345", "title": "A walk\nalong the shore", "fulltitle": "A walk along the shore", "ext": "webm",
"thumbnail": "https://i.ytimg.com/vi/abcDEF12345/maxresdefault.jpg", "description": "We walk.\n\n00:00 Start\n00:04 The sea  ",
"channel_id": "UCx", "channel": "Shore Walks", "uploader": "Anna Bell", "duration": 12, "view_count": 5, "age_limit": 0,
"webpage_url": "https://www.youtube.com/watch?v=abcDEF12345", "categories": ["Travel"], "tags": ["shore", "sea"], "live_status": "not_live",
"is_live": false, "was_live": false, "upload_date": "20240502", "extractor": "youtube", "extractor_key": "Youtube", "playlist": null, "language": "en",
"chapters": [{"start_time": 4.0, "title": "The sea", "end_time": 12}, {"start_time": 0.0, "title": "Start", "end_time": 4.0}],
"formats": [{"format_id": "251", "protocol": "https", "url": "https://rr1.example.com/videoplayback", "acodec": "opus", "vcodec": "none"}],
"automatic_captions": {"de": [{"ext": "json3", "url": "https://www.youtube.com/api/timedtext?lang=en&tlang=de&fmt=json3", "name": "German"}],
 "en-orig": [{"ext": "json3", "url": "https://www.youtube.com/api/timedtext?lang=en&fmt=json3", "name": "English (Original)"}, {"ext": "vtt", "url": "x"}],
 "en": [{"ext": "json3", "url": "https://www.youtube.com/api/timedtext?lang=en&fmt=json3", "name": "English"}]},
"subtitles": {%s}, "_type": "video", "_version": {"version": "2030.01.02"}}`

const automaticJSON3 = `{"wireMagic": "pb3", "events": [{"tStartMs": 0, "dDurationMs": 12000, "id": 1},
{"tStartMs": 320, "dDurationMs": 3000, "wWinId": 1, "segs": [{"utf8": "we"}, {"utf8": " walk", "tOffsetMs": 240}]},
{"tStartMs": 2149, "dDurationMs": 10, "wWinId": 1, "aAppend": 1, "segs": [{"utf8": "\n"}]},
{"tStartMs": 2159, "dDurationMs": 3000, "segs": [{"utf8": "along"}, {"utf8": " the shore"}]},
{"tStartMs": 4319, "dDurationMs": 1700, "segs": [{"utf8": "and look"}]}]}`

const german = `"de": [{"ext": "vtt", "url": "x"}], "live_chat": [{"ext": "json", "url": "y"}]`

func TestAutomaticCaptions(t *testing.T) {
	t.Parallel()
	config := fake(t, fmt.Sprintf(youTubeInfo, german), map[string]string{"automatic en-orig json3": automaticJSON3})
	doc, err := watch(t, config, "https://youtu.be/abcDEF12345", convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "# A walk along the shore\n\n## Start\n\n[00:00:00] we walk along the shore\n\n## The sea\n\n[00:00:04] and look"; doc.Content != want {
		t.Errorf("content %q", doc.Content)
	}
	want := []content.Segment{{Start: 0.32, End: 4.319, Text: "we walk along the shore"}, {Start: 4.319, End: 6.019, Text: "and look"}}
	if !reflect.DeepEqual(doc.Segments, want) {
		t.Errorf("segments %+v", doc.Segments)
	}
	for key, want := range map[string]any{
		"title": "A walk along the shore", "author": "Shore Walks", "channel": "Shore Walks", "uploader": "Anna Bell", "duration": 12.0, "language": "en",
		"description": "We walk.\n\n00:00 Start\n00:04 The sea", "published": "2024-05-02T00:00:00Z", "created": "2024-05-02T00:00:00Z",
		"url": "https://www.youtube.com/watch?v=abcDEF12345", "requested_url": "https://youtu.be/abcDEF12345", "engine": "captions", "captions": "automatic",
		"quality": "medium", "tags": []string{"shore", "sea"}, "site": "Youtube", "video_id": "abcDEF12345",
		"mime_type": "application/json",
	} {
		if got := doc.Metadata[key]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
	if got, err := json.Marshal(doc.Metadata["chapters"]); err != nil || string(got) != `[{"start":0,"title":"Start"},{"start":4,"title":"The sea"}]` {
		t.Errorf("chapters %s, %v", got, err)
	}
	if len(doc.Thumbnails) > 0 {
		t.Error("a picture that was not asked for")
	}
}

// People's captions go first, in the wanted language or the video's.
func TestManualCaptions(t *testing.T) {
	t.Parallel()
	english := german + `, "en-GB": [{"ext": "vtt", "url": "z"}]`
	files := map[string]string{
		"manual en-GB vtt": manualVTT, "manual de vtt": strings.Replace(manualVTT, "Rain", "Regen", 1),
		"automatic en-orig json3": automaticJSON3, "automatic de json3": automaticJSON3,
	}
	for language, want := range map[string]string{"": "Rain is", "en-US": "Rain is", "de": "Regen is"} {
		doc, err := watch(t, fake(t, fmt.Sprintf(youTubeInfo, english), files), "https://youtu.be/abcDEF12345", convert.Options{Language: language})
		if err != nil || !strings.Contains(doc.Content, want) || doc.Metadata["captions"] != "manual" || !strings.Contains(doc.Content, "## Start\n\n[00:00:00] Rain") && language != "de" {
			t.Errorf("%q: %+v, %v", language, doc, err)
		}
	}
}

// Captions that were promised and are not there: the sound says it too.
func TestCaptionsThatFail(t *testing.T) {
	t.Parallel()
	sound, err := voice()
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]map[string]string{
		"absent":  {"sound": string(sound)},
		"garbage": {"sound": string(sound), "automatic en-orig json3": "<html>"},
		"empty":   {"sound": string(sound), "automatic en-orig json3": `{"events": []}`},
	} {
		doc, err := watch(t, fake(t, fmt.Sprintf(youTubeInfo, ""), files), "https://youtu.be/abcDEF12345", convert.Options{})
		if err != nil || doc.Metadata["engine"] != "pocketsphinx" || len(doc.Warnings) != 1 || !strings.HasPrefix(doc.Content, "# A walk along the shore\n\n## Start\n\n[00:00:") {
			t.Errorf("%s: %+v, %v", name, doc, err)
		}
	}
	_, err = watch(t, fake(t, fmt.Sprintf(youTubeInfo, ""), nil), "https://youtu.be/abcDEF12345", convert.Options{})
	if !errors.Is(err, convert.ErrEngine) || !strings.Contains(err.Error(), "newer yt-dlp") {
		t.Errorf("no sound either: %v", err)
	}
}

func TestVideosThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ info, text string }{
		"long":     {`{"id": "x", "title": "T", "duration": 90000}`, "longer than"},
		"live":     {`{"id": "x", "title": "T", "is_live": true}`, "live stream"},
		"upcoming": {`{"id": "x", "title": "T", "live_status": "is_upcoming"}`, "not begun"},
		"playlist": {`{"_type": "playlist", "id": "x", "entries": [{"id": "a"}, {"id": "b"}]}`, "several"},
		"nothing":  {`{"_type": "playlist", "id": "x", "entries": []}`, "none"},
		"an url":   {`{"_type": "url", "url": "x"}`, "no video"},
	} {
		_, err := watch(t, fake(t, tt.info, nil), "https://youtu.be/x", convert.Options{})
		if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, info := range []string{"", "null", "[]", "{}", "{"} {
		if _, err := watch(t, fake(t, info, nil), "https://youtu.be/x", convert.Options{}); !errors.Is(err, convert.ErrEngine) {
			t.Errorf("%q: %v", info, err)
		}
	}
}

// Sentences as yt-dlp prints them for YouTube.
func TestYtDlpsErrors(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]struct {
		kind error
		text string
	}{
		"[youtube] abc: Private video. Sign in if you've been granted access to this video":                                               {convert.ErrBadSource, "private"},
		"[youtube] abc: Video unavailable. This video has been removed by the uploader":                                                   {convert.ErrBadSource, "not available"},
		"[youtube] abc: Video unavailable. This video is no longer available because the YouTube account associated has been terminated.": {convert.ErrBadSource, "not available"},
		"[youtube] abc: Video unavailable": {convert.ErrBadSource, "not available"},
		"[youtube] abc: Sign in to confirm your age. This video may be inappropriate for some users.":                           {convert.ErrBadSource, "age-restricted"},
		"[youtube] abc: Sign in to confirm you’re not a bot. Use --cookies-from-browser":                                        {convert.ErrEngine, "automatic access"},
		"[youtube] abc: Join this channel to get access to members-only content like this video, and other exclusive perks.":    {convert.ErrBadSource, "members"},
		"[youtube] abc: The uploader has not made this video available in your country":                                         {convert.ErrBadSource, "country"},
		"[youtube] abc: This live event will begin in 3 hours.":                                                                 {convert.ErrBadSource, "not begun"},
		"[youtube] abc: Premieres in 5 hours":                                                                                   {convert.ErrBadSource, "not begun"},
		"[youtube] abc: This live stream recording is not available.":                                                           {convert.ErrBadSource, "recording"},
		"[youtube:truncated_id] abc: Incomplete YouTube ID abc. URL https://youtu.be/abc looks truncated.":                      {convert.ErrBadSource, "no video"},
		"Unsupported URL: https://example.org/":                                                                                 {convert.ErrBadSource, "no video"},
		"[youtube] abc: Unable to extract uploader id; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q=": {convert.ErrEngine, "newer yt-dlp"},
		"unable to download video data: HTTP Error 403: Forbidden":                                                              {convert.ErrEngine, "newer yt-dlp"},
		"[youtube] abc: Unable to download API page: HTTP Error 429: Too Many Requests":                                         {convert.ErrEngine, "automatic access"},
		"[youtube] abc: Unable to download webpage: HTTP Error 404: Not Found (caused by <HTTPError 404: Not Found>)":           {convert.ErrBadSource, "404"},
		"[youtube] abc: Unable to download webpage: <urlopen error [Errno -3] Temporary failure in name resolution>":            {convert.ErrEngine, "reached"},
		"[youtube] abc: Unable to download webpage: The read operation timed out":                                               {convert.ErrEngine, "reached"},
		"something that nobody has seen before in /home/someone":                                                                {convert.ErrEngine, "yt-dlp failed"},
	} {
		config := fake(t, "", map[string]string{"error": "WARNING: [youtube] Video unavailable. Retrying\nERROR: " + message + "\n"})
		_, err := watch(t, config, "https://youtu.be/abc", convert.Options{})
		if !errors.Is(err, want.kind) || !strings.Contains(err.Error(), want.text) || strings.Contains(err.Error(), "someone") {
			t.Errorf("%s: %v", message, err)
		}
	}
}

func TestYtDlpThatHangs(t *testing.T) {
	t.Parallel()
	config := fake(t, "", map[string]string{"error": "hang"})
	config.LookTimeout = 500 * time.Millisecond
	if _, err := watch(t, config, "https://youtu.be/abc", convert.Options{}); !errors.Is(err, convert.ErrEngine) || !strings.Contains(err.Error(), "too long") {
		t.Errorf("%v", err)
	}
	config.LookTimeout = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := newConverter(t, config).Convert(ctx, content.Source{URL: "https://youtu.be/abc"}, convert.Options{}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled: %v", err)
	}
}
