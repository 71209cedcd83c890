package audio_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/audio"
)

// fakeService speaks the protocol of POST /v1/audio/transcriptions: it checks the form,
// decodes the file with ffmpeg, and answers with one segment for each piece, from
// 0.5 s to the end, whose text tells the length.
type fakeService struct {
	t       *testing.T
	speaker string                                            // of what is said, as servers that tell voices apart have it
	before  func(w http.ResponseWriter, r *http.Request) bool // true: it has answered

	mu             sync.Mutex
	path           string // transcriptions
	wordless       bool   // it refuses to tell the times of words
	calls          int
	inHand, atOnce int
	languages      []string
	prompts        []string
}

func (s *fakeService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.calls++
	s.inHand++
	s.atOnce = max(s.atOnce, s.inHand)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.inHand--
		s.mu.Unlock()
	}()
	if r.Method != http.MethodPost || r.URL.Path != "/v1/audio/"+cmp.Or(s.path, "transcriptions") || r.Header.Get("Authorization") != "Bearer secret-key" {
		http.Error(w, `{"error": {"message": "bad request"}}`, http.StatusUnauthorized)
		return
	}
	if s.before != nil && s.before(w, r) {
		return
	}
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer r.MultipartForm.RemoveAll()
	form := r.MultipartForm.Value
	if fmt.Sprint(form["model"], form["response_format"], form["timestamp_granularities[]"]) != "[whisper-1] [verbose_json] [segment word]" &&
		!s.wordless {
		s.t.Errorf("form %v", form)
	}
	if s.wordless && len(form["timestamp_granularities[]"]) > 1 {
		http.Error(w, `{"error": {"message": "timestamp_granularities must be segment"}}`, http.StatusBadRequest)
		return
	}
	file, header, err := r.FormFile("file")
	if err != nil || header.Filename != "speech.flac" {
		s.t.Errorf("file %v, %v", header, err)
		return
	}
	defer file.Close()
	seconds := s.decode(file)
	language := r.FormValue("language")
	s.mu.Lock()
	s.languages = append(s.languages, language)
	s.prompts = append(s.prompts, r.FormValue("prompt"))
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"task": "transcribe", "language": "english", "duration": seconds, "text": " All.",
		"segments": []map[string]any{
			{"id": 0, "seek": 0, "start": 0.5, "end": seconds, "text": fmt.Sprintf(" %.1f seconds.", seconds), "tokens": []int{1}, "speaker": s.speaker,
				"temperature": 0.0, "avg_logprob": -0.1, "compression_ratio": 1.2, "no_speech_prob": 0.01},
			{"id": 1, "seek": 0, "start": seconds, "end": seconds, "text": " Thanks for watching!", "tokens": []int{2},
				"temperature": 1.0, "avg_logprob": -1.5, "compression_ratio": 1.2, "no_speech_prob": 0.9},
		},
	})
}

// decode returns how many seconds of 16 kHz sound a file holds.
func (s *fakeService) decode(file io.Reader) float64 {
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "flac", "-i", "pipe:0", "-f", "s16le", "pipe:1")
	cmd.Stdin = file
	out, err := cmd.Output()
	if err != nil {
		s.t.Errorf("the file cannot be decoded: %v", err)
	}
	return float64(len(out)) / 32000
}

func (s *fakeService) config() audio.Config {
	server := httptest.NewServer(s)
	s.t.Cleanup(server.Close)
	return audio.Config{SpeechURL: server.URL + "/v1", SpeechKey: "secret-key"}
}

func TestService(t *testing.T) {
	t.Parallel()
	s := &fakeService{t: t}
	doc, err := transcribe(t, s.config(), spoken(t, short), convert.Options{Language: "en-US"})
	if err != nil {
		t.Fatal(err)
	}
	if s.calls != 1 || len(doc.Segments) != 1 || !strings.HasPrefix(doc.Content, "[00:00:00] ") || !strings.HasSuffix(doc.Content, " seconds.") {
		t.Errorf("%d calls, %q", s.calls, doc.Content)
	}
	if confidence := *doc.Segments[0].Confidence; confidence != 0.905 { // e^-0.1
		t.Errorf("confidence %v", confidence)
	}
	if doc.Metadata["language"] != "en" || doc.Metadata["quality"] != "high" || doc.Metadata["engine"] != "service whisper-1" {
		t.Errorf("metadata %v", doc.Metadata)
	}
	if fmt.Sprint(s.languages) != "[en]" {
		t.Errorf("languages %q", s.languages)
	}
}

// Who speaks is told in the text, in the segments and in the metadata.
func TestServiceTellsTheSpeaker(t *testing.T) {
	t.Parallel()
	s := &fakeService{t: t, speaker: "SPEAKER_00"}
	doc, err := transcribe(t, s.config(), spoken(t, short), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.Content, "[00:00:00] Speaker_00: ") || doc.Segments[0].Speaker != "Speaker_00" || fmt.Sprint(doc.Metadata["speakers"]) != "[Speaker_00]" {
		t.Errorf("%q, %+v, %v", doc.Content, doc.Segments, doc.Metadata)
	}
}

func TestServiceTellsTheLanguage(t *testing.T) {
	t.Parallel()
	s := &fakeService{t: t}
	doc, err := transcribe(t, s.config(), spoken(t, short), convert.Options{})
	if err != nil || doc.Metadata["language"] != "en" || fmt.Sprint(s.languages) != "[]" {
		t.Errorf("%+v, %v, asked for %q", doc, err, s.languages)
	}
}

// A recording over the limit goes in pieces, whose times are put together again.
func TestServiceGetsPieces(t *testing.T) {
	t.Parallel()
	s := &fakeService{t: t}
	config := s.config()
	config.SpeechMaxUpload = 12*32000 + 64<<10 // twelve seconds
	config.SpeechParallel = 2
	doc, err := transcribe(t, config, spoken(t, long), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.calls < 4 || s.calls != len(doc.Segments) || s.atOnce > 2 {
		t.Fatalf("%d calls, %d at once, %d segments", s.calls, s.atOnce, len(doc.Segments))
	}
	at := 0.0
	for _, segment := range doc.Segments {
		length, err := strconv.ParseFloat(strings.Fields(segment.Text)[0], 64)
		if err != nil || length > 12.05 {
			t.Errorf("a piece %q", segment.Text)
		}
		if diff := segment.Start - (at + 0.5); diff < -0.1 || diff > 0.1 {
			t.Errorf("a segment at %v, want %v", segment.Start, at+0.5)
		}
		at += length
	}
	if total, _ := doc.Metadata["duration"].(float64); at < total-0.5 || at > total+0.5 {
		t.Errorf("pieces of %v s in all, the recording has %v", at, total)
	}
}

func TestServiceIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := &fakeService{t: t}
	s.before = func(w http.ResponseWriter, _ *http.Request) bool {
		switch s.calls {
		case 1:
			w.Header().Set("Retry-After", "0")
			http.Error(w, `{"error": {"message": "slow down"}}`, http.StatusTooManyRequests)
		case 2:
			w.Header().Set("Retry-After-Ms", "1")
			http.Error(w, "oops", http.StatusBadGateway)
		default:
			return false
		}
		return true
	}
	if _, err := transcribe(t, s.config(), spoken(t, short), convert.Options{}); err != nil || s.calls != 3 {
		t.Errorf("%d calls, error %v", s.calls, err)
	}
}

func TestServiceThatRefuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct {
		sentence string
		calls    int
	}{
		http.StatusUnauthorized: {"the speech service answered 401 Unauthorized", 1},
		http.StatusBadRequest:   {"the speech service answered 400 Bad Request", 2}, // without the times of words, too
	} {
		s := &fakeService{t: t, before: func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, `{"error": {"message": "no"}}`, status)
			return true
		}}
		_, err := transcribe(t, s.config(), spoken(t, short), convert.Options{})
		if !errors.Is(err, convert.ErrEngine) || err.Error() != want.sentence || s.calls != want.calls {
			t.Errorf("%d: %d calls, error %v", status, s.calls, err)
		}
	}
}

func TestServiceAnswersThatAreOdd(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"text": "No segments here."}`: "[00:00:00] No segments here.",
		`{"text": "", "segments": []}`:  "",
		`{"text": "x", "segments": [{"start": -5, "end": 1e9, "text": "Beyond.\n"}]}`: "[00:00:00] Beyond.",
	} {
		s := &fakeService{t: t, before: func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer)
			return true
		}}
		doc, err := transcribe(t, s.config(), spoken(t, short), convert.Options{})
		if err != nil || doc.Content != want {
			t.Errorf("%s: %v, %v", answer, doc, err)
		}
	}
	s := &fakeService{t: t, before: func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = io.WriteString(w, `<html>not found</html>`)
		return true
	}}
	if _, err := transcribe(t, s.config(), spoken(t, short), convert.Options{}); !errors.Is(err, convert.ErrEngine) {
		t.Errorf("no JSON: %v", err)
	}
}

// It is tried for a quarter of a minute.
func TestServiceThatIsNotThere(t *testing.T) {
	t.Parallel()
	config := (&fakeService{t: t}).config()
	server := httptest.NewServer(nil)
	config.SpeechURL = server.URL + "/v1"
	server.Close()
	_, err := transcribe(t, config, spoken(t, short), convert.Options{})
	if !errors.Is(err, convert.ErrEngine) || err.Error() != "the speech service cannot be reached" {
		t.Errorf("error %v", err)
	}
}

func TestServiceThatHangsIsLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := &fakeService{t: t, before: func(_ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
		return true
	}}
	config := s.config()
	config.ScratchDir = t.TempDir()
	_, err := audio.New(config).Convert(ctx, spoken(t, short), convert.Options{}, func(float64, string) {})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(config.ScratchDir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// Silence costs nothing.
func TestServiceIsNotSentSilence(t *testing.T) {
	t.Parallel()
	s := &fakeService{t: t}
	src := synthesize(t, "a.wav", "-f", "lavfi", "-i", "anullsrc", "-t", "3")
	doc, err := transcribe(t, s.config(), src, convert.Options{})
	if err != nil || doc.Content != "" || s.calls != 0 {
		t.Errorf("%+v, %v, %d calls", doc, err, s.calls)
	}
	path, err := short()
	if err != nil {
		t.Fatal(err)
	}
	// Speech, half a minute of nothing, speech: what is sent are the two ends.
	gap := synthesize(t, "gap.flac", "-i", path, "-i", path, "-filter_complex", "[0]apad=pad_dur=60[a];[a][1]concat=v=0:a=1")
	config := s.config()
	config.SpeechMaxUpload = 12*32000 + 64<<10
	if _, err := transcribe(t, config, gap, convert.Options{}); err != nil || s.calls > 4 {
		t.Errorf("%v, %d calls", err, s.calls)
	}
}

// What players take by themselves is taken, and what is to be heard.
func TestSoundTrackIsChosen(t *testing.T) {
	t.Parallel()
	path, err := short()
	if err != nil {
		t.Fatal(err)
	}
	silence := []string{"-f", "lavfi", "-i", "anullsrc=r=16000:d=3"}
	for name, tt := range map[string]struct {
		src     content.Source
		warning string
	}{
		"the default track": {synthesize(t, "a.mka", append(slices.Clone(silence), "-i", path, "-map", "0", "-map", "1", "-disposition:a:0", "0", "-disposition:a:1", "default")...), ""},
		"a silent one first": {synthesize(t, "b.mka", append(slices.Clone(silence), "-i", path, "-map", "0", "-map", "1", "-disposition:a:0", "default", "-disposition:a:1", "0")...),
			"the sound track that players take is silent: track 1 was taken"},
		"the loudest of the others": {synthesize(t, "e.mka", append(slices.Clone(silence), "-i", path, "-filter_complex", "[1:a]asplit[low][loud];[low]volume=-20dB[low]",
			"-map", "0", "-map", "[low]", "-map", "[loud]")...), "the sound track that players take is silent: track 2 was taken"},
		"one before an empty one": {synthesize(t, "g.mka", append(slices.Clone(silence), "-i", path, "-filter_complex", "[1:a]asplit[full][cut];[cut]aselect=0[empty]",
			"-map", "0", "-map", "[full]", "-map", "[empty]")...), "the sound track that players take is silent: track 1 was taken"},
		"opposite phases of a lossy codec": {synthesize(t, "d.mp3", "-i", path, "-af", "pan=stereo|c0=c0|c1=-1*c0", "-b:a", "64k", "-joint_stereo", "0"),
			"the two channels of the sound cancel each other out: the left one was taken"},
		"a low voice on two channels": {synthesize(t, "f.flac", "-i", path, "-af", "volume=-30dB,pan=stereo|c0=c0|c1=c0"), ""},
		"opposite phases":             {synthesize(t, "c.flac", "-i", path, "-af", "pan=stereo|c0=c0|c1=-1*c0"), "the two channels of the sound cancel each other out: the left one was taken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &fakeService{t: t}
			doc, err := transcribe(t, s.config(), tt.src, convert.Options{})
			if err != nil || doc.Content == "" || strings.HasSuffix(doc.Content, " 0.0 seconds.") || strings.Join(doc.Warnings, "; ") != tt.warning {
				t.Errorf("%+v, %v", doc, err)
			}
		})
	}
}

func TestServiceIsListed(t *testing.T) {
	t.Parallel()
	for _, e := range audio.New((&fakeService{t: t}).config()).Engines(t.Context()) {
		if e.Name == "speech service" && (!e.Available || e.Version != "whisper-1") {
			t.Errorf("%+v", e)
		}
	}
}

// TestServiceWithoutWordTimes: one that refuses to tell when words are said is asked without,
// and not again.
func TestServiceWithoutWordTimes(t *testing.T) {
	t.Parallel()
	s := &fakeService{t: t, wordless: true}
	converter := audio.New(s.config())
	for want := range 2 {
		doc, err := converter.Convert(t.Context(), spoken(t, short), convert.Options{Prompt: "  heron,\n tide "}, func(float64, string) {})
		if err != nil || len(doc.Segments) != 1 || s.calls != want+2 {
			t.Errorf("%+v, %v after %d calls", doc, err, s.calls)
		}
	}
	if fmt.Sprint(s.prompts) != "[heron, tide heron, tide]" {
		t.Errorf("prompts %q", s.prompts)
	}
}

// TestServiceThatTranslates is asked by the call for it, and the text is English then.
func TestServiceThatTranslates(t *testing.T) {
	t.Parallel()
	s := &fakeService{t: t, path: "translations", wordless: true}
	doc, err := transcribe(t, s.config(), spoken(t, short), convert.Options{Language: "de", Translate: true})
	if err != nil || doc.Metadata["language"] != "en" || doc.Metadata["translated"] != true || fmt.Sprint(s.languages) != "[]" {
		t.Errorf("%+v, %v", doc, err)
	}
}
