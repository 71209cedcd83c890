// Package youtube converts videos that stand behind an address, those of YouTube above
// all: their captions when there are some in the right language, those that people
// have written first, and otherwise what is said in them, which the audio converter
// writes down. yt-dlp finds both, and makes its calls through a proxy of this program
// that does not lead into the server's own network.
package youtube

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/frame"
	"morag/internal/convert/timed"
	"morag/internal/outbound"
)

// Transcriber writes down the sound of a file, under the promises of
// [convert.Converter]. The audio converter is one.
type Transcriber interface {
	Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error)
}

// Config holds the limits. The zero value means the defaults.
type Config struct {
	// ScratchDir holds the folders of running conversions; "" is the system's folder
	// for temporary files.
	ScratchDir string
	// Command is the program (yt-dlp).
	Command string
	// LookTimeout is how long the program may take to find out about a video, or to
	// fetch captions (3 minutes).
	LookTimeout time.Duration
	// Timeout is how long it may take to download the sound (4 hours).
	Timeout time.Duration
	// MaxDownload is the largest sound in bytes (2 GiB).
	MaxDownload int64
	// MaxDuration is the longest video taken (24 hours).
	MaxDuration time.Duration
	// MaxMemory is the address space the program may take, on Linux (16 GiB: those
	// that it has run JavaScript reserve much and use little).
	MaxMemory int64
	// Confined says that the program reaches nothing but the proxy, whatever it is told.
	// Else versions are refused that a page can have go past it.
	Confined bool
}

// Converter is the youtube converter.
type Converter struct {
	config Config
	guard  *outbound.Guard
	client *http.Client
	sound  Transcriber
	found  *program
}

var _ convert.Converter = (*Converter)(nil)

// New makes a converter that calls where guard allows and has sound write down what is
// said in videos without captions. It needs nothing until it converts.
func New(config Config, guard *outbound.Guard, sound Transcriber) *Converter {
	config.Command = cmp.Or(config.Command, "yt-dlp")
	config.LookTimeout = cmp.Or(max(config.LookTimeout, 0), 3*time.Minute)
	config.Timeout = cmp.Or(max(config.Timeout, 0), 4*time.Hour)
	config.MaxDownload = cmp.Or(max(config.MaxDownload, 0), 2<<30)
	config.MaxDuration = cmp.Or(max(config.MaxDuration, 0), 24*time.Hour)
	config.MaxMemory = cmp.Or(max(config.MaxMemory, 0), 16<<30)
	return &Converter{config: config, guard: guard, client: guard.Client(config.LookTimeout), sound: sound, found: &program{}}
}

// Name is "youtube".
func (c *Converter) Name() string { return content.YouTube }

// Types is the youtube type alone.
func (c *Converter) Types() []string { return []string{content.YouTube} }

// around is around every conversion.
var around = frame.Frame{Noun: "the video", Begin: "looking at the video", Done: "video converted"}

// Convert makes a document of the video at the address that src holds. A video that is
// private, removed, not yet there or a live stream wraps [convert.ErrBadSource].
func (c *Converter) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	return around.Run(ctx, progress, func(ctx context.Context, progress convert.Progress) (*content.Document, error) {
		return c.convert(ctx, src, opt, progress)
	})
}

func (c *Converter) convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	address, err := convert.Address(src)
	if err != nil {
		return nil, err
	}
	if why := c.guard.Check(address); why != "" {
		return nil, convert.BadSource("the address "+why, nil)
	}
	wanted, err := timed.WantedLanguage(opt.Language)
	if err != nil {
		return nil, err
	}
	if _, err := c.found.find(ctx, c.config); err != nil {
		return nil, err
	}
	call, err := c.newCall(ctx)
	if err != nil {
		return nil, err
	}
	defer call.close()
	about, err := call.inspect(withoutFragment(address))
	if err != nil {
		return nil, err
	}
	progress(0.1, "looking at the video")
	doc, err := c.text(call, about, opt, wanted, progress)
	if err != nil {
		return nil, err
	}
	about.fill(doc.Metadata)
	doc.Metadata["url"] = cmp.Or(about.WebpageURL, address)
	if doc.Metadata["url"] != address {
		doc.Metadata["requested_url"] = address
	}
	if opt.IncludeThumbnails {
		c.addThumbnail(ctx, doc, about.Thumbnail)
	}
	return doc, nil
}

// text makes the document of the captions or else of the sound.
func (c *Converter) text(call *call, about *info, opt convert.Options, wanted string, progress convert.Progress) (*content.Document, error) {
	chapters := about.chapters()
	track := about.choose(wanted)
	var warnings []string
	if track != nil {
		progress(0.1, "fetching the captions")
		doc, err := call.captions(*track, chapters)
		if err == nil && len(doc.Segments) > 0 {
			doc.Content = markdown(about.title(), doc.Segments, chapters)
			return doc, nil
		}
		if call.ctx.Err() != nil {
			return nil, call.ctx.Err()
		}
		warnings = append(warnings, "the captions could not be used, so the sound was listened to")
	}
	file, mimeType, err := call.download(frame.Part(progress, 0.1, 0.4))
	if err != nil {
		return nil, err
	}
	opt.Language = cmp.Or(opt.Language, about.Language)
	sound := content.Source{Path: file, Name: filepath.Base(file), Type: content.Audio, MIME: mimeType}
	doc, err := c.sound.Convert(call.ctx, sound, opt, frame.Part(progress, 0.4, 1))
	if err != nil {
		return nil, err
	}
	if doc.Metadata == nil {
		doc.Metadata = map[string]any{}
	}
	doc.Warnings = append(warnings, doc.Warnings...)
	doc.Content = markdown(about.title(), doc.Segments, chapters)
	return doc, nil
}

const remedy = "pip install yt-dlp (the newest; YouTube changes often), or apt-get install yt-dlp"

// Engines lists yt-dlp. What hears is listed by the audio converter.
func (c *Converter) Engines(ctx context.Context) []convert.Engine {
	version, err := c.found.find(ctx, c.config)
	e := convert.Engine{Name: "yt-dlp", Purpose: "captions and sound of YouTube videos", Version: version, Available: err == nil, Remedy: remedy}
	switch {
	case err != nil && (version != "" || !errors.Is(err, convert.ErrNoEngine)):
		e.Remedy = err.Error()
	case err == nil && older(version, oldest):
		e.Warning = fmt.Sprintf("a page can lead it past the proxy: only its network keeps it in; better %s or later: %s", oldest, remedy)
	}
	return []convert.Engine{e}
}
