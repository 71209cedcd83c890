// Package video converts videos to timed text: their subtitles, when they bring some
// that are text, and otherwise what is said in them, which the audio converter writes
// down. ffmpeg reads the file and, when asked for, takes pictures of it.
package video

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/convert/frame"
	"morag/internal/convert/timed"
	"morag/internal/proc"
)

// Transcriber writes down the sound of a file, under the promises of
// [convert.Converter]. The audio converter is one.
type Transcriber interface {
	Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error)
	Engines(ctx context.Context) []convert.Engine
}

// Config holds the limits. The zero value means the defaults.
type Config struct {
	// Threads is how many processors ffmpeg may use (all of them).
	Threads int
	// Timeout is how long ffmpeg may work on one video, each time it runs (6 hours).
	Timeout time.Duration
	// MaxDuration is the longest video taken (24 hours).
	MaxDuration time.Duration
	// MaxPixels is the largest frame taken (100 million).
	MaxPixels int64
	// MaxText is the most bytes of subtitles (16 MiB).
	MaxText int64
	// MaxMemory is the address space ffmpeg may take, on Linux (8 GiB).
	MaxMemory int64
	// Thumbnails is how many pictures are taken when they are asked for (5).
	Thumbnails int
	// ThumbnailSize is the longer side of a picture in pixels (320).
	ThumbnailSize int
	// MaxScenes is how many changes of scene are listed at most (500).
	MaxScenes int
}

// Converter is the video converter.
type Converter struct {
	config Config
	sound  Transcriber
}

var _ convert.Converter = (*Converter)(nil)

// New makes a converter that has sound write down what is said in videos without
// subtitles. It needs nothing until it converts.
func New(config Config, sound Transcriber) *Converter {
	config.Threads = cmp.Or(max(config.Threads, 0), runtime.NumCPU())
	config.Timeout = cmp.Or(config.Timeout, 6*time.Hour)
	config.MaxDuration = cmp.Or(config.MaxDuration, 24*time.Hour)
	config.MaxPixels = cmp.Or(config.MaxPixels, 100_000_000)
	config.MaxText = cmp.Or(config.MaxText, 16<<20)
	config.MaxMemory = cmp.Or(config.MaxMemory, 8<<30)
	config.Thumbnails = cmp.Or(max(config.Thumbnails, 0), 5)
	config.ThumbnailSize = cmp.Or(max(config.ThumbnailSize, 0), 320)
	config.MaxScenes = cmp.Or(max(config.MaxScenes, 0), 500)
	return &Converter{config: config, sound: sound}
}

// Name is "video".
func (c *Converter) Name() string { return content.Video }

// Types is the video type alone.
func (c *Converter) Types() []string { return []string{content.Video} }

// around is around every conversion.
var around = frame.Frame{Noun: "the video", Begin: "looking at the video", Done: "video converted"}

// Convert takes the subtitles or writes down the sound. A video that has neither is a
// document without text. The metadata's "scenes" are the times at which a new one begins,
// in seconds; thumbnails are there when the option asks for them.
func (c *Converter) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	return around.RunFile(ctx, src, progress, func(ctx context.Context, progress convert.Progress) (*content.Document, error) {
		return c.convert(ctx, src, opt, progress)
	})
}

func (c *Converter) convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	wanted, err := timed.WantedLanguage(opt.Language)
	if err != nil {
		return nil, err
	}
	file, err := filepath.Abs(src.Path)
	if err != nil {
		return nil, fmt.Errorf("convert video: %w", err)
	}
	f, err := c.inspect(ctx, file)
	if err != nil {
		return nil, err
	}
	cut, err := timed.CheckEnd(file)
	if err != nil {
		return nil, err
	}
	end := 0.95 // of the text's part of the progress
	if opt.IncludeThumbnails {
		end = 0.85
	}
	doc, err := c.text(ctx, f, file, src, opt, wanted, frame.Part(progress, 0, end))
	if err != nil {
		return nil, err
	}
	if cut != "" && !slices.Contains(doc.Warnings, cut) { // who wrote down the sound may have seen it too
		doc.Warnings = append(doc.Warnings, cut)
	}
	if opt.IncludeThumbnails && f.picture != nil {
		if err := c.addThumbnails(ctx, f, file, opt, doc, frame.Part(progress, end, 0.95)); err != nil {
			return nil, err
		}
	}
	if f.picture != nil {
		if err := c.addScenes(ctx, f, file, doc, frame.Part(progress, 0.95, 1)); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// text makes the document of the subtitles or else of the sound.
func (c *Converter) text(ctx context.Context, f facts, file string, src content.Source, opt convert.Options, wanted string, progress convert.Progress) (*content.Document, error) {
	version, err := proc.Version(ctx, ffmpeg.Name, "-version")
	if err != nil {
		return nil, fmt.Errorf("find ffmpeg: %w", err)
	}
	doc := &content.Document{Metadata: f.metadata()}
	doc.Metadata["engine"] = ffmpeg.Name + " " + version
	track := timed.Choose(append(timed.Sidecars(src.Sidecars), f.Subtitles()...), wanted, f.sound != nil)
	if opt.Translate { // subtitles are in their language
		track = nil
	}
	cues, damaged, err := c.readThrough(ctx, f, file, track, func(fraction float64) {
		progress(0.1*fraction, "reading the video")
	})
	if err != nil {
		return nil, err
	}
	if damaged {
		doc.Warnings = append(doc.Warnings, "the video is damaged: some of it may be missing")
	}
	switch {
	case len(cues) > 0:
		doc.Segments = cues
		doc.Content = timed.Markdown(cues)
		doc.Metadata["quality"] = "high"
		doc.Metadata["subtitles"] = track.Format
		if language := cmp.Or(track.Language, wanted); language != "" {
			doc.Metadata["language"] = language
		}
	case f.sound != nil:
		src.Type = content.Audio
		transcript, err := c.sound.Convert(ctx, src, opt, frame.Part(progress, 0.1, 1))
		if err != nil {
			return nil, err
		}
		doc.Content, doc.Segments = transcript.Content, transcript.Segments
		doc.Warnings = append(doc.Warnings, transcript.Warnings...)
		addSound(doc.Metadata, transcript.Metadata)
	}
	return doc, nil
}

// Engines lists ffmpeg for what it does here, and what hears.
func (c *Converter) Engines(ctx context.Context) []convert.Engine {
	return append([]convert.Engine{
		ffmpeg.Engine(ctx, ffmpeg.Name, "subtitles, scenes and thumbnails of videos"),
	}, c.sound.Engines(ctx)...)
}
