// Package audio converts recordings to timed text: ffmpeg decodes whatever has sound
// in it to 16 kHz mono, and a speech engine writes down what is said. The engines are
// tried in the order of quality: an OpenAI-compatible service, whisper-cli, and
// pocketsphinx. Each has a file of its own; engine.go chooses.
package audio

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/frame"
	"morag/internal/convert/timed"
)

// Config says where to work and with what. The zero value means the defaults, which
// find pocketsphinx and nothing better.
type Config struct {
	// ScratchDir holds the folders of running conversions; "" is the system's folder
	// for temporary files. An hour of sound takes 115 MB, twice that while it is cut.
	ScratchDir string

	// Engine forces one of "service", "whisper-cli" and "pocketsphinx"; "" is the
	// first of them that can work.
	Engine string

	// SpeechURL is an OpenAI-compatible service, up to and with "/v1".
	SpeechURL   string
	SpeechKey   string
	SpeechModel string // whisper-1
	// SpeechMaxUpload is the largest file the service takes, in bytes (25 MB, which is
	// OpenAI's limit). Longer recordings are cut at pauses.
	SpeechMaxUpload int64
	// SpeechParallel is how many pieces are with the service at once (4).
	SpeechParallel int

	// WhisperModel is the path of a model for whisper-cli.
	WhisperModel   string
	WhisperCommand string // whisper-cli

	// Threads is how many processors a local engine may use (all of them).
	Threads int
	// Timeout is how long each engine may work on one recording (6 hours).
	Timeout time.Duration
	// MaxDuration is the longest recording taken (24 hours).
	MaxDuration time.Duration
	// MaxScratch is the most bytes of scratch, as far as they are known before (no limit).
	MaxScratch int64
	// MaxText is the most bytes of subtitles (16 MiB).
	MaxText int64
	// MaxMemory is the address space a local program may take, on Linux (16 GiB:
	// large whisper models are mapped into it).
	MaxMemory int64
}

// Converter is the audio converter. It takes any file with a sound track.
type Converter struct {
	config  Config
	engines []engine
}

var _ convert.Converter = (*Converter)(nil)

// New makes a converter. It needs nothing until it converts: a missing engine shows
// in [Converter.Engines] and fails the conversions.
func New(config Config) *Converter {
	config.SpeechModel = cmp.Or(config.SpeechModel, "whisper-1")
	config.SpeechMaxUpload = cmp.Or(config.SpeechMaxUpload, 25_000_000)
	config.SpeechParallel = cmp.Or(max(config.SpeechParallel, 0), 4)
	config.WhisperCommand = cmp.Or(config.WhisperCommand, "whisper-cli")
	config.Threads = cmp.Or(max(config.Threads, 0), runtime.NumCPU())
	config.Timeout = cmp.Or(config.Timeout, 6*time.Hour)
	config.MaxDuration = cmp.Or(config.MaxDuration, 24*time.Hour)
	config.MaxText = cmp.Or(config.MaxText, 16<<20)
	config.MaxMemory = cmp.Or(config.MaxMemory, 16<<30)
	c := &Converter{config: config}
	c.engines = []engine{newSpeech(config), &whisper{config}, &sphinx{config}}
	return c
}

// Name is "audio".
func (c *Converter) Name() string { return content.Audio }

// Types is the audio type alone.
func (c *Converter) Types() []string { return []string{content.Audio} }

// around is around every conversion.
var around = frame.Frame{Noun: "the recording", Begin: "looking at the recording", Done: "recording converted"}

// Convert writes down a recording: the subtitles that are in it or, among its sidecars,
// beside it, else what is heard. A file without sound wraps [ErrNoSound]. Silence is a
// document without text, and no engine is asked about it: they hear words in it.
func (c *Converter) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	return around.RunFile(ctx, src, progress, func(ctx context.Context, progress convert.Progress) (*content.Document, error) {
		language, err := timed.WantedLanguage(opt.Language)
		if err != nil {
			return nil, err
		}
		return c.transcribe(ctx, src, wish{language: language, prompt: timed.Line(opt.Prompt), translate: opt.Translate}, progress)
	})
}

// transcribe does the work in a scratch folder that is gone afterwards.
func (c *Converter) transcribe(ctx context.Context, src content.Source, want wish, progress convert.Progress) (*content.Document, error) {
	file, err := filepath.Abs(src.Path)
	if err != nil {
		return nil, fmt.Errorf("convert audio: %w", err)
	}
	facts, err := c.inspect(ctx, file)
	if err != nil {
		return nil, err
	}
	cut, err := timed.CheckEnd(file)
	if err != nil {
		return nil, err
	}
	var tr transcript
	if !want.translate { // subtitles are in their language
		if tr, err = c.subtitles(ctx, facts, file, src.Sidecars, want.language); err != nil {
			return nil, err
		}
	}
	var e engine
	var warnings []string
	if tr.subtitles == "" {
		if e, warnings, err = c.choose(want); err != nil {
			return nil, err
		}
	}
	scratch, err := frame.Scratch(c.config.ScratchDir, "audio")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)

	decode := c.decodeTrack
	if e == nil { // only how long it is matters
		decode = c.measure
	}
	sound, err := decode(ctx, facts, file, scratch, progress)
	if err != nil {
		return nil, err
	}
	facts = facts.of(sound.track)
	warnings = append(warnings, sound.warnings...)
	if cut != "" {
		warnings = append(warnings, cut)
	}
	if e != nil {
		if tr, err = listen(ctx, e, sound, scratch, want, progress); err != nil {
			return nil, err
		}
	}
	tr.segments = timed.Tidy(tr.segments, sound.duration())
	if e != nil && len(tr.segments) == 0 {
		warnings = append(warnings, wordless(sound))
	}
	return &content.Document{
		Content:  timed.Markdown(tr.segments),
		Metadata: metadata(facts, sound.wave, tr),
		Segments: tr.segments,
		Warnings: warnings,
	}, nil
}

// wordless says why there is no text.
func wordless(sound heard) string {
	if sound.silent {
		return "the recording is silent: nothing is to be heard in it"
	}
	return "the speech engine has heard no words, although the recording is not silent"
}

// listen has the engine write down what is heard.
func listen(ctx context.Context, e engine, sound heard, scratch string, want wish, progress convert.Progress) (transcript, error) {
	progress(0.12, "listening")
	if sound.silent {
		return transcript{engine: e.name(), quality: e.quality(), language: want.language}, nil
	}
	rec := recording{wave: sound.wave, pauses: sound.pauses, silences: sound.silences, scratch: scratch}
	tr, err := e.transcribe(ctx, rec, want, frame.Step(progress, 0.12, 1, "listening"))
	if want.translate {
		tr.language, tr.translated = "en", true
	}
	return tr, err
}
