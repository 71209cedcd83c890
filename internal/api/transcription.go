package api

import (
	"context"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"morag/internal/content"
	"morag/internal/convert/timed"
	"morag/internal/ingest"
	"morag/internal/transcript"
	"morag/internal/wire"
)

// speechModel is the model that is listed: which engine listens is the server's or the
// worker's setting, whatever a client names.
const speechModel = "whisper-1"

// answerFormats are the formats of a transcription, the default first.
var answerFormats = []string{"json", "text", "srt", "verbose_json", "vtt"}

// processingEvery is how often a caller who waits is told that its request is worked on.
const processingEvery = 15 * time.Second

// transcriptionFields are what OpenAI's clients send besides the file.
var transcriptionFields = []field{
	{name: "model", doc: "taken as it comes: the server's or the worker's settings say which engine listens", example: speechModel},
	{name: "language", doc: "the language that is spoken, as en; found out unless given", example: "en"},
	{name: "prompt", doc: "words that are to be expected, for engines that heed them", example: "Ada, heron, tide"},
	{name: "response_format", doc: "json unless given", values: answerFormats, example: "verbose_json"},
	{name: "timestamp_granularities[]", doc: "segment, word or, sent twice, both, with response_format verbose_json", example: "word"},
	{name: "temperature", doc: "understood and not heeded", example: "0"},
}

// transcription is a row that answers as OpenAI's transcriptions do or, with translate, as
// its translations into English.
func (s *Server) transcription(path string, translate bool, d about) Route {
	d.takes, d.in = upload, reflect.TypeFor[none]()
	for _, f := range transcriptionFields {
		if !translate || f.name != "language" && f.name != "timestamp_granularities[]" {
			d.fields = append(d.fields, f)
		}
	}
	d.media = "application/json text/plain application/x-subrip text/vtt"
	serve := func(w http.ResponseWriter, r *http.Request) error { return s.transcribe(w, r, translate) }
	return Route{Method: http.MethodPost, Path: path, access: client, about: d, serve: serve}.in(openAI)
}

// transcribe answers what is said in a recording, by a worker or by the server itself.
func (s *Server) transcribe(w http.ResponseWriter, r *http.Request, translate bool) error {
	f, err := s.readForm(w, r)
	if err != nil {
		return err
	}
	defer s.discard(r.Context(), f)
	if f.free != nil {
		defer f.free()
	}
	wish, err := readTranscription(f, translate)
	if err != nil {
		return err
	}
	doc, err := s.answerTranscription(w, r, f, wish)
	if err != nil {
		return err
	}
	if translated, _ := doc.Metadata["translated"].(bool); translate && !translated && doc.Metadata["language"] != "en" {
		return errUntranslated
	}
	return s.writeTranscription(w, r, wish, doc)
}

// errUntranslated: the engine, of a worker that knows no translations, has written down what was
// said as it was said.
var errUntranslated = problem(http.StatusUnprocessableEntity, "the worker that has listened does not translate")

// transcriptionWish is what is asked of a transcription.
type transcriptionWish struct {
	format  string
	words   bool
	request ingest.Request
}

func readTranscription(f *form, translate bool) (wish transcriptionWish, err error) {
	if f.file == nil {
		return wish, malformed("no file provided: send it as the form field file")
	}
	wish.format = f.fields["response_format"]
	if wish.format == "" {
		wish.format = answerFormats[0]
	}
	if !slices.Contains(answerFormats, wish.format) {
		return wish, invalid("response_format must be %s", strings.Join(answerFormats, ", "))
	}
	for granularity := range strings.SplitSeq(f.fields["timestamp_granularities[]"], ",") {
		switch granularity {
		case "", "segment":
		case "word":
			wish.words = true
		default:
			return wish, invalid("timestamp_granularities[] must be segment or word")
		}
	}
	given := map[string]string{}
	for _, name := range []string{"language", "prompt", "remote", "remote_timeout", "fallback_to_local", "priority"} {
		if value := f.fields[name]; value != "" {
			given[name] = value
		}
	}
	o, err := readOptions(given)
	if err != nil {
		return wish, err
	}
	if translate {
		o.values["translate"] = true
	}
	if _, asked := o.values["remote"]; !asked {
		o.values["remote"] = true
	}
	if wish.request.Options, err = o.task(nil); err != nil {
		return wish, err
	}
	if _, err := timed.WantedLanguage(wish.request.Options.Language); err != nil {
		return wish, invalid("%s", sentence(err))
	}
	if _, err := f.settleType(content.Audio); err != nil {
		return wish, invalid("the file is no recording")
	}
	if !content.Recording(f.file.ContentType) {
		return wish, invalid("the file is no recording, but %s", f.file.MIME)
	}
	wish.request.Source = *f.file
	return wish, nil
}

// answerTranscription has the recording written down while its caller waits.
func (s *Server) answerTranscription(w http.ResponseWriter, r *http.Request, f *form, wish transcriptionWish) (*content.Document, error) {
	defer tellProcessing(w, r)()
	doc, taken, err := s.Ingest.Answer(r.Context(), callOf(r).scope(), wish.request)
	if taken {
		f.handOver()
	}
	return doc, err
}

// tellProcessing sends the interim status 102 now and then until stop is called, so that a
// client does not take the server for gone: those of OpenAI wait 10 minutes for a byte. Old
// clients do not know it, and not every proxy does.
func tellProcessing(w http.ResponseWriter, r *http.Request) (stop func()) {
	if !r.ProtoAtLeast(1, 1) || r.Header.Get("Via") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(r.Context())
	var done sync.WaitGroup
	done.Go(func() {
		ticker := time.NewTicker(processingEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				w.WriteHeader(http.StatusProcessing)
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

// mostHeaders is how many warnings stand in the header of an answer that is text.
const mostHeaders = 10

func (s *Server) writeTranscription(w http.ResponseWriter, r *http.Request, wish transcriptionWish, doc *content.Document) error {
	switch wish.format {
	case "json":
		return reply(w, r, wire.Transcription{Text: spokenText(doc), Warnings: doc.Warnings})
	case "verbose_json":
		return reply(w, r, verbose(doc, wish.words))
	}
	text, media := "", "text/plain"
	switch wish.format {
	case "text":
		text = spokenText(doc) + "\n"
	case "srt":
		text, media = transcript.SRT(doc.Segments), transcriptMedia[wish.format]
	case "vtt":
		text, media = transcript.VTT(doc.Segments), transcriptMedia[wish.format]
	}
	free, err := hold(w, r, len(text), func(b *budget) *memory { return b.texts })
	if err != nil {
		return err
	}
	defer free()
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	sandbox(w.Header())
	warnByHeader(w.Header(), doc.Warnings[:min(len(doc.Warnings), mostHeaders)])
	_ = writePieces(w, text) // a caller that has left
	return nil
}

// spokenText is what is said, as one line; of a converter that tells no segments, its text.
func spokenText(doc *content.Document) string {
	if len(doc.Segments) == 0 {
		return strings.TrimSpace(doc.Content)
	}
	texts := make([]string, len(doc.Segments))
	for i, s := range doc.Segments {
		texts[i] = strings.TrimSpace(s.Text)
	}
	return strings.Join(texts, " ")
}

// verbose is a transcription with all that is known of it, the times of words if wanted.
func verbose(doc *content.Document, withWords bool) wire.Transcription {
	task := "transcribe"
	if translated, _ := doc.Metadata["translated"].(bool); translated {
		task = "translate"
	}
	out := wire.Transcription{Text: spokenText(doc), Task: task, Warnings: doc.Warnings, Segments: make([]wire.TranscriptionSegment, len(doc.Segments))}
	code, _ := doc.Metadata["language"].(string)
	if tag, err := language.Parse(code); err == nil {
		base, _ := tag.Base()
		out.Language = strings.ToLower(display.English.Languages().Name(base))
	}
	out.Duration, _ = doc.Metadata["duration"].(float64)
	for i, s := range doc.Segments {
		one := wire.TranscriptionSegment{ID: i, Start: s.Start, End: s.End, Text: s.Text, Tokens: []int{}, Speaker: s.Speaker}
		if s.Confidence != nil && *s.Confidence > 0 {
			one.AvgLogprob = math.Log(*s.Confidence)
		}
		out.Segments[i] = one
		if withWords {
			out.Words = append(out.Words, words(s.Words)...)
		}
		out.Duration = max(out.Duration, s.End)
	}
	return out
}

type modelPath struct {
	ID string `path:"id" example:"whisper-1" doc:"the model's name"`
}

var noModel = problem(http.StatusNotFound, "there is no such model: the one that is listed is %s", speechModel)

func (s *Server) models(context.Context, *call, none) (wire.Models, error) {
	return wire.Models{Object: "list", Data: []wire.Model{theModel}}, nil
}

func (s *Server) model(_ context.Context, _ *call, in modelPath) (wire.Model, error) {
	if in.ID != speechModel {
		return wire.Model{}, noModel
	}
	return theModel, nil
}

var theModel = wire.Model{ID: speechModel, Object: "model", OwnedBy: "morag"}
