package audio

import (
	"context"
	"fmt"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
)

// engine writes down speech. It is safe for concurrent use.
type engine interface {
	// name is what [Config.Engine] calls it.
	name() string
	// quality is "high", "medium" or "low".
	quality() string
	// wanted tells whether the configuration asks for it by its settings.
	wanted() bool
	// lacks says, as a clause, why it cannot do what is wanted here and now; "" when it can.
	lacks(w wish) string
	// describe is its entry in the list of engines.
	describe(ctx context.Context) convert.Engine
	// transcribe writes down rec. Its progress goes from 0 to 1 and may be called from
	// any goroutine.
	transcribe(ctx context.Context, rec recording, w wish, progress func(float64)) (transcript, error)
}

// wish is what the caller says of the speech.
type wish struct {
	language string // "" to find it out
	prompt   string // words that are to be expected, for engines that heed them
	// translate asks for English, whatever is spoken.
	translate bool
}

// recording is a decoded source.
type recording struct {
	wave
	pauses   []span // in time order
	silences []span // in which nothing is to be heard, in time order
	scratch  string // a folder for the engine's files
}

// transcript is what an engine heard.
type transcript struct {
	segments []content.Segment // in time order
	language string            // a BCP 47 tag, "" when the engine does not tell
	engine   string            // with its version or model
	quality  string

	translated bool   // into its language, from another one or the same
	subtitles  string // the format of those that were read, "" when it was heard
}

// span is a stretch of a recording in seconds.
type span struct{ start, end float64 }

func (s span) length() float64 { return s.end - s.start }

const noEngine = "no speech engine is ready: apt-get install pocketsphinx pocketsphinx-en-us (English, low quality), " +
	"or set MORAG_WHISPER_MODEL or MORAG_SPEECH_URL"

// choose returns the first engine that can do it, and warnings about engines that
// were asked for and cannot.
func (c *Converter) choose(want wish) (engine, []string, error) {
	var warnings, reasons []string
	for _, e := range c.engines {
		if c.config.Engine != "" && e.name() != c.config.Engine {
			continue
		}
		reason := e.lacks(want)
		switch {
		case reason == "":
			return e, warnings, nil
		case c.config.Engine != "":
			return nil, nil, convert.NoEngine(fmt.Sprintf("the speech engine %s %s", e.name(), reason))
		case e.wanted():
			warnings = append(warnings, fmt.Sprintf("the speech engine %s %s", e.name(), reason))
		}
		reasons = append(reasons, e.name()+" "+reason)
	}
	if c.config.Engine != "" {
		return nil, nil, convert.NoEngine(fmt.Sprintf("there is no speech engine %q", c.config.Engine))
	}
	if want.translate {
		return nil, nil, convert.NoEngine("no speech engine that translates is ready: " + strings.Join(reasons, ", "))
	}
	if want.language != "" && want.language != "en" {
		return nil, nil, convert.NoEngine(fmt.Sprintf("no speech engine is ready for the language %q: %s", want.language, strings.Join(reasons, ", ")))
	}
	return nil, nil, convert.NoEngine(noEngine)
}

// Engines lists the speech engines in their order, and what decodes.
func (c *Converter) Engines(ctx context.Context) []convert.Engine {
	all := []convert.Engine{
		ffmpeg.Engine(ctx, ffmpeg.Name, "decoding of audio and video"),
		ffmpeg.Engine(ctx, ffmpeg.ProbeName, "facts about audio and video"),
	}
	for _, e := range c.engines {
		all = append(all, e.describe(ctx))
	}
	return all
}
