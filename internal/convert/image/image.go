// Package image converts pictures to the text that is to be seen in them. Go decodes
// the picture, within limits and in whatever position it was scanned, and tesseract
// reads grey pixels: it never sees the file. EXIF, IPTC and XMP become metadata.
package image

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/frame"
	"morag/internal/convert/layout"
	"morag/internal/proc"
)

// Config holds the limits. The zero value means the defaults.
type Config struct {
	// Language is what pictures are read in when the option language is not given, as
	// in [convert.Options]; several are joined by "+" (en).
	Language string
	// Timeout is how long one picture may take (10 minutes).
	Timeout time.Duration
	// MaxPixels is the most pixels of one page (100 million). They take 4 bytes each, which
	// is what conversions at the same time share, or 8 with 16 bits a colour; such a picture
	// waits until it is the only one if it takes more than all may. The decoder of a
	// progressive JPEG needs as much again three times over while it works.
	MaxPixels int64
	// MaxPages is the most pages of a TIFF file (500).
	MaxPages int
	// MaxText is the most bytes tesseract may print for a page (32 MiB).
	MaxText int64
	// MaxMemory is the address space tesseract may take, on Linux (4 GiB).
	MaxMemory int64
	// ThumbnailSize is the longer side of a thumbnail in pixels (320).
	ThumbnailSize int
	// VisionURL is an OpenAI-compatible service that describes pictures, up to and with
	// "/v1"; "" is none.
	VisionURL   string
	VisionKey   string
	VisionModel string // gpt-4o-mini
}

// Converter is the image converter.
type Converter struct {
	config Config
	// memory is what the pictures that are decoded at the same time take, in bytes.
	memory *semaphore.Weighted
	vision *vision
}

var _ convert.Converter = (*Converter)(nil)

// New makes a converter. It needs nothing until it converts: a missing engine shows
// in [Converter.Engines] and fails the conversions.
func New(config Config) *Converter {
	config.Language = cmp.Or(config.Language, "en")
	config.Timeout = cmp.Or(config.Timeout, 10*time.Minute)
	config.MaxPixels = cmp.Or(max(config.MaxPixels, 0), 100_000_000)
	config.MaxPages = cmp.Or(config.MaxPages, 500)
	config.MaxText = cmp.Or(config.MaxText, 32<<20)
	config.MaxMemory = cmp.Or(config.MaxMemory, 4<<30)
	config.ThumbnailSize = cmp.Or(config.ThumbnailSize, 320)
	config.VisionModel = cmp.Or(config.VisionModel, "gpt-4o-mini")
	return &Converter{config: config, vision: newVision(config), memory: semaphore.NewWeighted(ordinaryPixel * config.MaxPixels)}
}

// Name is "image".
func (c *Converter) Name() string { return content.Image }

// Types is the image type alone.
func (c *Converter) Types() []string { return []string{content.Image} }

// Convert reads a picture: of a TIFF file every page, of an animation the first frame.
// The option language may name several languages, joined by "+" or ",". A picture
// without text is a document without text. A format that has no reader here wraps
// [convert.ErrUnsupported]. With a vision model the first page is described under a
// heading, and in the metadata.
func (c *Converter) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	around := frame.Frame{Noun: "the picture", Begin: "looking at the picture", Done: "picture converted", Timeout: c.config.Timeout}
	return around.Run(ctx, progress, func(ctx context.Context, progress convert.Progress) (*content.Document, error) {
		doc, _, err := c.convert(ctx, src, opt, progress)
		return doc, err
	})
}

// Look reads a picture as Convert does, and also tells what stands where on its pages.
func (c *Converter) Look(ctx context.Context, src content.Source, opt convert.Options) (doc *content.Document, pages []layout.Page, err error) {
	around := frame.Frame{Noun: "the picture", Begin: "looking at the picture", Done: "picture read", Timeout: c.config.Timeout}
	doc, err = around.Run(ctx, nil, func(ctx context.Context, progress convert.Progress) (doc *content.Document, err error) {
		doc, pages, err = c.convert(ctx, src, opt, progress)
		return doc, err
	})
	return doc, pages, err
}

func (c *Converter) convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, []layout.Page, error) {
	languages, err := parseLanguages(cmp.Or(strings.TrimSpace(opt.Language), c.config.Language), c.config.Language)
	if err != nil {
		return nil, nil, err
	}
	file, err := os.Open(src.Path)
	if err != nil {
		return nil, nil, fmt.Errorf("convert image: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("convert image: %w", err)
	}
	pic, err := c.inspect(ctx, file, info.Size())
	if err != nil {
		return nil, nil, err
	}
	engine, err := c.prepare(ctx, languages)
	if err != nil {
		return nil, nil, err
	}
	doc := &content.Document{Metadata: pic.metadata()}
	doc.Metadata["engine"] = engine.String()
	pages, err := c.readPages(ctx, pic, engine, opt, doc, progress)
	if err != nil {
		return nil, nil, err
	}
	if doc.Content = markdownOf(pages); doc.Content != "" || opt.Language != "" {
		doc.Metadata["language"] = languages[0].tag
	}
	if c.vision.wanted() {
		progress(0.99, "describing the picture")
		tag := ""
		if opt.Language != "" {
			tag = languages[0].tag
		}
		if err := c.describe(ctx, pic, tag, doc); err != nil {
			return nil, nil, err
		}
	}
	return doc, pages, nil
}

// readPages reads page after page, so that one is in memory at a time.
func (c *Converter) readPages(ctx context.Context, pic *picture, engine tesseract, opt convert.Options, doc *content.Document, progress convert.Progress) ([]layout.Page, error) {
	pages := make([]layout.Page, len(pic.pages))
	var all score
	for i, page := range pic.pages {
		at := func(fraction float64) {
			progress(0.02+0.97*(float64(i)+fraction)/float64(len(pages)), "reading the picture")
		}
		at(0)
		side := 0
		if opt.IncludeThumbnails && i == 0 {
			side = cmp.Or(min(max(opt.ThumbnailSize, 0), convert.MaxThumbnailSize), c.config.ThumbnailSize)
		}
		grey, thumbnail, err := c.decode(ctx, page, pic.orientation, side)
		if err != nil {
			return nil, err
		}
		if thumbnail != "" {
			doc.Thumbnails = append(doc.Thumbnails, thumbnail)
		}
		at(0.1)
		found, size, err := engine.read(ctx, grey)
		if err != nil {
			return nil, err
		}
		pages[i] = found.page(size.Dx(), size.Dy(), 0)
		all = all.plus(found.score())
	}
	if all.letters > 0 {
		doc.Metadata["confidence"] = all.confidence()
		doc.Metadata["quality"] = all.quality()
	}
	return pages, nil
}

// markdownOf makes the text of pages. One alone has no running titles at its edges.
func markdownOf(pages []layout.Page) string {
	pages = slices.Clone(pages)
	if len(pages) == 1 {
		pages[0].Width, pages[0].Height = 0, 0
	}
	return layout.Markdown(layout.Document{Pages: pages}).Join()
}

// Engines lists tesseract and the service that describes.
func (c *Converter) Engines(ctx context.Context) []convert.Engine {
	version, err := proc.Version(ctx, tesseractCommand, "--version")
	return []convert.Engine{{
		Name: tesseractCommand, Purpose: "text in pictures", Version: version, Available: err == nil, Remedy: tesseractRemedy,
	}, c.vision.engine()}
}
