package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/wire"
)

// silence is the beginning of a recording: nothing here listens to it.
const silence = "RIFF\x2c\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// recordingForm is a form with a recording, and pairs of fields and values.
func recordingForm(t *testing.T, sound string, fields ...string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "speech.wav")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte(sound)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

func transcribe(t *testing.T, s *apptest.Server, key, sound string, fields ...string) answer {
	t.Helper()
	contentType, body := recordingForm(t, sound, fields...)
	return ask(t, s, "POST", "/v1/audio/transcriptions", contentType, body, "Authorization", "Bearer "+key)
}

// listening is a server with a key of a client's and one of a worker's, which has been seen.
func listening(t *testing.T, set config.Server) (s *apptest.Server, alice, gpu string) {
	t.Helper()
	alice = apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	gpu = apptest.CreateKey(t, set, auth.Spec{Name: "gpu", Role: auth.Worker})
	s = apptest.Start(t, set)
	if _, err := s.As(gpu).Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"audio"}, MaxJobs: 1}); err != nil {
		t.Fatal(err)
	}
	return s, alice, gpu
}

// nextJob waits for a job, as a worker does.
func nextJob(t *testing.T, s *apptest.Server, key string) wire.Poll {
	t.Helper()
	polled, err := s.As(key).Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"audio"}, MaxJobs: 1, Wait: time.Minute, Lease: time.Minute})
	if err != nil || polled.JobID == nil {
		t.Fatalf("%+v, %v", polled, err)
	}
	return polled
}

const heardByWorker = `"content":"[00:00:01] The tide turns.","metadata":{"language":"en","duration":6.5},"segments":[` +
	`{"start":1,"end":2.5,"text":"The tide turns.","confidence":0.5,"words":[{"word":" The","start":1,"end":1.25},{"word":"tide","start":1.5,"end":2},{"word":"turns.","start":2,"end":2.5}]},{"start":3,"end":5,"text":"At <noon>."}]`

// TestTranscription: a worker behind a firewall answers the clients of OpenAI, in every
// format, and nothing of the recording is kept.
func TestTranscription(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	s, alice, gpu := listening(t, set)
	for format, want := range map[string]struct{ media, text string }{
		"":     {jsonType, `{"text":"The tide turns. At \u003cnoon\u003e."}`},
		"json": {jsonType, `{"text":"The tide turns. At \u003cnoon\u003e."}`},
		"text": {"text/plain; charset=utf-8", "The tide turns. At <noon>."},
		"srt":  {"application/x-subrip; charset=utf-8", "1\n00:00:01,000 --> 00:00:02,500\nThe tide turns.\n\n2\n00:00:03,000 --> 00:00:05,000\nAt <\u2060noon>."},
		"vtt":  {"text/vtt; charset=utf-8", "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nThe tide turns.\n\n00:00:03.000 --> 00:00:05.000\nAt &lt;noon&gt;."},
	} {
		answered := make(chan answer, 1)
		go func() {
			answered <- transcribe(t, s, alice, silence, "model", "whisper-1", "response_format", format, "language", "en", "prompt", "tide, noon", "temperature", "0")
		}()
		polled := nextJob(t, s, gpu)
		var options map[string]any
		if err := json.Unmarshal(polled.TaskOptions, &options); err != nil || fmt.Sprint(options) != "map[language:en prompt:tide, noon]" {
			t.Errorf("the worker is told %s, %v", polled.TaskOptions, err)
		}
		if put := with(t, s, gpu, "PUT", "/api/v1/remote-jobs/"+*polled.JobID+"/result", `{"worker_id":"w","attempt":1,"success":true,`+heardByWorker+`}`); put.status != http.StatusOK {
			t.Fatalf("%d %s", put.status, put.body)
		}
		got := <-answered
		if got.status != http.StatusOK || strings.TrimSpace(got.body) != want.text || got.header.Get("Content-Type") != want.media {
			t.Errorf("%q: %d, %v\n%s", format, got.status, got.header, got.body)
		}
	}
	if all, err := s.As(alice).Documents(t.Context(), client.DocumentFilter{}); err != nil || len(all.Documents) != 0 {
		t.Errorf("documents %+v, %v", all, err)
	}
	if n := files(t, filepath.Join(set.DataDir, "uploads")); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// TestVerboseTranscription has what clients read of segments, by the names that they know.
func TestVerboseTranscription(t *testing.T) {
	t.Parallel()
	s, alice, gpu := listening(t, apptest.Settings(t))
	answered := make(chan answer, 1)
	go func() {
		answered <- transcribe(t, s, alice, silence, "response_format", "verbose_json", "timestamp_granularities[]", "segment", "timestamp_granularities[]", "word")
	}()
	put := with(t, s, gpu, "PUT", "/api/v1/remote-jobs/"+*nextJob(t, s, gpu).JobID+"/result", `{"worker_id":"w","attempt":1,"success":true,`+heardByWorker+`}`)
	if put.status != http.StatusOK {
		t.Fatalf("%d %s", put.status, put.body)
	}
	var out wire.Transcription
	if got := <-answered; json.Unmarshal([]byte(got.body), &out) != nil {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if out.Task != "transcribe" || out.Language != "english" || out.Duration != 6.5 || out.Text != "The tide turns. At <noon>." || len(out.Segments) != 2 {
		t.Fatalf("%+v", out)
	}
	if len(out.Words) != 3 || out.Words[0] != (wire.Word{Start: 1, End: 1.25, Word: "The"}) || out.Words[2].Word != "turns." {
		t.Errorf("words %+v", out.Words)
	}
	second := out.Segments[1]
	if second.ID != 1 || second.Start != 3 || second.End != 5 || second.Text != "At <noon>." || second.AvgLogprob != 0 || out.Segments[0].AvgLogprob != math.Log(0.5) {
		t.Errorf("%+v", out.Segments)
	}
}

// TestTranscriptionOfAFailure: what the worker says of it is told.
func TestTranscriptionOfAFailure(t *testing.T) {
	t.Parallel()
	s, alice, gpu := listening(t, apptest.Settings(t))
	answered := make(chan answer, 1)
	go func() { answered <- transcribe(t, s, alice, silence, "fallback_to_local", "false") }()
	put := with(t, s, gpu, "PUT", "/api/v1/remote-jobs/"+*nextJob(t, s, gpu).JobID+"/result",
		`{"worker_id":"w","attempt":1,"success":false,"retryable":false,"error_message":"the recording is cut off"}`)
	if put.status != http.StatusOK {
		t.Fatalf("%d %s", put.status, put.body)
	}
	got := <-answered
	if refusedAsOpenAI(t, "a failure", got, "422 remote conversion failed"); !strings.Contains(got.body, "the recording is cut off") {
		t.Errorf("%s", got.body)
	}
}

// TestTranscriptionIsCalledOff when its caller leaves: the worker may stop.
func TestTranscriptionIsCalledOff(t *testing.T) {
	t.Parallel()
	s, alice, gpu := listening(t, apptest.Settings(t))
	contentType, body := recordingForm(t, silence)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, err := http.NewRequestWithContext(ctx, "POST", s.URL+"/v1/audio/transcriptions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+alice)
	left := make(chan error, 1)
	go func() {
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		left <- err
	}()
	polled := nextJob(t, s, gpu)
	leave()
	if err := <-left; err == nil {
		t.Error("it was answered")
	}
	job, err := s.As(gpu).JobStatus(t.Context(), *polled.JobID)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.As(alice).Tasks(t.Context(), client.TaskFilter{})
	if err != nil || len(all.Tasks) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	ended, err := s.As(alice).WaitTask(t.Context(), all.Tasks[0].TaskID, nil)
	if err != nil || ended.Status != "REVOKED" || ended.DocumentID != nil {
		t.Errorf("the task is %+v, %v", ended, err)
	}
	if beat, err := s.As(gpu).Heartbeat(t.Context(), job.JobID, wire.Heartbeat{WorkerID: "w"}); err != nil || !beat.Cancel {
		t.Errorf("the worker is told %+v, %v", beat, err)
	}
}

// TestTranscriptionByTheServer when no worker is there, or none is wanted.
func TestTranscriptionByTheServer(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	set.Engines.Commands = config.Commands{"audio": {"sh", "-c", "echo 'The tide turns.'", "{input}"}}
	s := apptest.Start(t, set)
	if got := transcribe(t, s, "", silence, "response_format", "text"); got.status != http.StatusOK || got.body != "The tide turns.\n" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if all, err := s.Tasks(t.Context(), client.TaskFilter{}); err != nil || len(all.Tasks) != 0 {
		t.Errorf("tasks %+v, %v", all, err)
	}
	if got := transcribe(t, s, "", silence, "remote", "false"); got.status != http.StatusOK || got.body != `{"text":"The tide turns."}`+"\n" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if n := files(t, filepath.Join(set.DataDir, "uploads")); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// TestTranscriptionRefusals are in OpenAI's shape, whose clients understand no other.
func TestTranscriptionRefusals(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for want, got := range map[string]answer{
		"400 no file provided":                              ask(t, s, "POST", "/v1/audio/transcriptions", "application/x-www-form-urlencoded", "model=whisper-1"),
		"400 the file is empty":                             transcribe(t, s, "", ""),
		"422 response_format must be json":                  transcribe(t, s, "", silence, "response_format", "yaml"),
		"422 timestamp_granularities[] must be":             transcribe(t, s, "", silence, "timestamp_granularities[]", "segment", "timestamp_granularities[]", "letter"),
		"422 the option language: \"Klingonese\"":           transcribe(t, s, "", silence, "language", "Klingonese"),
		"422 prompt must":                                   transcribe(t, s, "", silence, "prompt", strings.Repeat("x", 4097)),
		"422 the file is no recording, but application/pdf": transcribe(t, s, "", "%PDF-1.7\n"),
		"404 there is no such model":                        ask(t, s, "GET", "/v1/models/gpt-9", "", ""),
	} {
		refusedAsOpenAI(t, want, got, want)
	}
	if got := ask(t, s, "GET", "/v1/models", "", ""); got.body != `{"object":"list","data":[{"id":"whisper-1","object":"model","created":0,"owned_by":"morag"}]}`+"\n" {
		t.Errorf("models %d %s", got.status, got.body)
	}
}

// TestTranslation: a worker that says that it has translated is believed, one that does not
// know how to is not passed off as one.
func TestTranslation(t *testing.T) {
	t.Parallel()
	s, alice, gpu := listening(t, apptest.Settings(t))
	for metadata, want := range map[string]string{
		`{"language":"en","translated":true}`: `200 {"text":"The tide turns.","task":"translate","language":"english","duration":2,"segments":`,
		`{"language":"en"}`:                   `200 {"text":"The tide turns.","task":"transcribe","language":"english","duration":2,"segments":`,
		`{"language":"de"}`:                   `422 {"detail":"the worker that has listened does not translate","error":{`,
		`{}`:                                  `422 {"detail":"the worker that has listened does not translate","error":{`,
	} {
		answered := make(chan answer, 1)
		go func() {
			contentType, body := recordingForm(t, silence, "response_format", "verbose_json")
			answered <- ask(t, s, "POST", "/v1/audio/translations", contentType, body, "Authorization", "Bearer "+alice)
		}()
		polled := nextJob(t, s, gpu)
		if string(polled.TaskOptions) != `{"translate":true}` {
			t.Errorf("the worker is told %s", polled.TaskOptions)
		}
		put := with(t, s, gpu, "PUT", "/api/v1/remote-jobs/"+*polled.JobID+"/result",
			`{"worker_id":"w","attempt":1,"success":true,"segments":[{"start":1,"end":2,"text":"The tide turns."}],"metadata":`+metadata+`}`)
		if put.status != http.StatusOK {
			t.Fatalf("%d %s", put.status, put.body)
		}
		if got := <-answered; !strings.HasPrefix(fmt.Sprint(got.status, " ", got.body), want) {
			t.Errorf("%s: %d %s", metadata, got.status, got.body)
		}
	}
}
