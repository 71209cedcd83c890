package audio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"morag/internal/backoff"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/convert/timed"
	"morag/internal/proc"
	"morag/internal/service"
)

const (
	serviceName   = "service"
	serviceRemedy = "set MORAG_SPEECH_URL to an OpenAI-compatible service"

	// serviceAnswer is how long one piece may take; Whisper is slow without a GPU.
	serviceAnswer = 30 * time.Minute

	// A piece is this much smaller than the limit: the form around the file counts too.
	uploadMargin = 64 << 10 // bytes

	// Whisper's own rule for words it made up: it was rather sure that nobody spoke, and
	// not sure of the words.
	noSpeech   = 0.6
	unsureText = -1.0
)

// serviceRetry waits half a second, doubling to eight, or what the service asks for, up to
// two minutes.
var serviceRetry = backoff.Policy{Tries: 6, First: 500 * time.Millisecond, Max: 8 * time.Second, MaxAsked: 2 * time.Minute}

// speech is an OpenAI-compatible POST /v1/audio/transcriptions. The vendor's library
// would take minutes and gigabytes to compile for this one request.
type speech struct {
	config Config
	client *service.Client
	// wordless says that the service has refused to tell the times of words.
	wordless atomic.Bool
}

func newSpeech(config Config) *speech {
	return &speech{config: config, client: service.New(service.Config{
		Address: config.SpeechURL, Header: service.Bearer(config.SpeechKey), Timeout: serviceAnswer, MaxAnswer: maxTranscript, Retry: serviceRetry,
	})}
}

func (s *speech) name() string    { return serviceName }
func (s *speech) quality() string { return "high" }
func (s *speech) wanted() bool    { return s.config.SpeechURL != "" }

func (s *speech) lacks(wish) string {
	if s.config.SpeechURL == "" {
		return "has no address"
	}
	return ""
}

func (s *speech) describe(context.Context) convert.Engine {
	e := convert.Engine{Name: "speech service", Purpose: "speech to text by an OpenAI-compatible service", Remedy: serviceRemedy}
	if s.wanted() {
		e.Available, e.Version = true, s.config.SpeechModel
	}
	return e
}

// transcribe sends the recording, in pieces if it is larger than the service takes.
func (s *speech) transcribe(ctx context.Context, rec recording, want wish, progress func(float64)) (transcript, error) {
	// Lossless compression makes a piece smaller, never larger by more than the margin.
	limit := max(float64(s.config.SpeechMaxUpload-uploadMargin)/bytesPerSecond, 1)
	pieces := withSound(cutAtPauses(rec.duration(), rec.pauses, 0.9*limit, limit), rec.silences)
	t := newTracker(pieces, progress)
	answers := make([]transcript, len(pieces))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.config.SpeechParallel)
	for i, piece := range pieces {
		group.Go(func() (err error) {
			answers[i], err = s.send(ctx, rec, piece, want)
			t.piece(i)(1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return transcript{}, err
	}
	tr := transcript{engine: "service " + s.config.SpeechModel, quality: s.quality(), language: want.language}
	for i, answer := range answers {
		if tr.language == "" {
			tr.language = answer.language
		}
		tr.segments = append(tr.segments, shift(answer.segments, pieces[i].start)...)
	}
	return tr, nil
}

// send has one piece written down.
func (s *speech) send(ctx context.Context, rec recording, piece span, want wish) (transcript, error) {
	path, err := s.compress(ctx, rec, piece)
	if err != nil {
		return transcript{}, err
	}
	defer os.Remove(path)
	answer, err := s.post(ctx, path, want)
	if ctx.Err() != nil {
		return transcript{}, ctx.Err()
	}
	if err != nil {
		return transcript{}, serviceError(err)
	}
	tr, err := parseVerbose(answer, piece.length())
	if err != nil {
		return transcript{}, convert.EngineFailed("the speech service gave an unreadable answer", err)
	}
	return tr, nil
}

// post sends one file. Not every service tells the times of words: one that refuses to is
// asked again without.
func (s *speech) post(ctx context.Context, path string, want wish) (answer []byte, err error) {
	take := func(raw []byte) error {
		answer = raw
		return nil
	}
	if want.translate { // which takes no language and tells of no words
		return answer, s.client.Post(ctx, "/audio/translations", s.form(path, wish{prompt: want.prompt}, false).Open, take)
	}
	words := !s.wordless.Load()
	err = s.client.Post(ctx, "/audio/transcriptions", s.form(path, want, words).Open, take)
	refused, ok := errors.AsType[*service.StatusError](err)
	if !ok || !words || refused.Code != http.StatusBadRequest && refused.Code != http.StatusUnprocessableEntity {
		return answer, err
	}
	if err = s.client.Post(ctx, "/audio/transcriptions", s.form(path, want, false).Open, take); err == nil {
		s.wordless.Store(true)
	}
	return answer, err
}

// compress writes a piece as FLAC.
func (s *speech) compress(ctx context.Context, rec recording, piece span) (string, error) {
	out := filepath.Join(rec.scratch, fmt.Sprintf("piece-%.0f.flac", piece.start*1000))
	_, err := proc.Run(ctx, proc.Cmd{
		Name: ffmpeg.Name,
		Args: []string{
			"-v", "error", "-nostdin", "-ss", decimal(piece.start), "-t", decimal(piece.length()),
			"-i", "file:" + rec.path, "-c:a", "flac", "file:" + out,
		},
		Timeout: s.config.Timeout, MaxMemory: s.config.MaxMemory,
	})
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("compress recording: %w", err)
	}
	return out, nil
}

func decimal(t float64) string { return strconv.FormatFloat(t, 'f', 4, 64) }

// form is the request for one piece.
func (s *speech) form(path string, want wish, words bool) service.Form {
	form := service.Form{
		Fields:    [][2]string{{"model", s.config.SpeechModel}, {"response_format", "verbose_json"}, {"timestamp_granularities[]", "segment"}},
		FileField: "file", FileName: "speech.flac", FileType: "audio/flac", Path: path,
	}
	if words {
		form.Fields = append(form.Fields, [2]string{"timestamp_granularities[]", "word"})
	}
	for _, field := range [][2]string{{"language", want.language}, {"prompt", want.prompt}} {
		if field[1] != "" {
			form.Fields = append(form.Fields, field)
		}
	}
	return form
}

// serviceError makes a sentence of what went wrong, without the address of the service
// or the key.
func serviceError(err error) error {
	if refused, ok := errors.AsType[*service.StatusError](err); ok {
		return convert.EngineFailed("the speech service answered "+refused.Status(), err)
	}
	if _, ok := errors.AsType[*url.Error](err); ok && !errors.Is(err, service.ErrCut) {
		return convert.EngineFailed("the speech service cannot be reached", err)
	}
	return convert.EngineFailed("the speech service failed", err)
}

// verboseAnswer is a transcription in the format verbose_json. Some services leave the
// segments out.
type verboseAnswer struct {
	Language string `json:"language"`
	Text     string `json:"text"`
	Segments []struct {
		Start        float64        `json:"start"`
		End          float64        `json:"end"`
		Text         string         `json:"text"`
		Speaker      string         `json:"speaker"`
		Words        []content.Word `json:"words"` // some have them here, ...
		AvgLogprob   *float64       `json:"avg_logprob"`
		NoSpeechProb float64        `json:"no_speech_prob"`
	} `json:"segments"`
	Words []content.Word `json:"words"` // ... OpenAI has them beside the segments
}

// parseVerbose reads the answer for a piece of so many seconds.
func parseVerbose(raw []byte, length float64) (transcript, error) {
	var answer verboseAnswer
	if err := json.Unmarshal(raw, &answer); err != nil {
		return transcript{}, fmt.Errorf("transcription: %w", err)
	}
	tr := transcript{language: timed.Language(answer.Language)}
	words := answer.Words
	for _, s := range answer.Segments {
		segment := content.Segment{Start: s.Start, End: s.End, Text: s.Text, Speaker: s.Speaker, Words: s.Words}
		if len(s.Words) == 0 {
			segment.Words, words = wordsIn(segment, words)
		}
		if s.AvgLogprob != nil {
			if s.NoSpeechProb > noSpeech && *s.AvgLogprob < unsureText {
				continue
			}
			confidence := math.Exp(*s.AvgLogprob)
			segment.Confidence = &confidence
		}
		tr.segments = append(tr.segments, segment)
	}
	if len(answer.Segments) == 0 && strings.TrimSpace(answer.Text) != "" {
		tr.segments = []content.Segment{{Start: 0, End: length, Text: answer.Text, Words: answer.Words}}
	}
	return tr, nil
}

// wordsIn takes from the words of a whole answer those of a segment: as many as its text has
// one after the other. Where they do not go on in it, those whose middle is in its time.
func wordsIn(s content.Segment, words []content.Word) (its, rest []content.Word) {
	text, n := s.Text, 0
	for n < len(words) {
		word := strings.TrimSpace(words[n].Text)
		at := strings.Index(text, word)
		if word == "" || at < 0 {
			break
		}
		text = text[at+len(word):]
		n++
	}
	if content.Placed(s.Text, trimmed(words[:n])) == nil {
		for n = 0; n < len(words) && (words[n].Start+words[n].End)/2 < s.End; n++ {
		}
	}
	return words[:n:n], words[n:]
}

func trimmed(words []content.Word) []content.Word {
	all := slices.Clone(words)
	for i, w := range all {
		all[i].Text = strings.TrimSpace(w.Text)
	}
	return all
}
