// Package web converts what is behind an address. A page becomes its main text: the
// article as readability finds it, or the whole body when the page is none. Anything
// else, such as a PDF or a recording, is downloaded and handed to the converter of its
// type. Sites are asked for their robots.txt first.
package web

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/frame"
	"morag/internal/outbound"
)

// Files converts files of this machine by their type. A registry of the other
// converters is one; it has to take HTML documents.
type Files interface {
	Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error)
}

// Config says how pages are asked for. The zero value means the defaults.
type Config struct {
	// ScratchDir holds the folders of running conversions; "" is the system's folder
	// for temporary files.
	ScratchDir string
	// Version of the program, as sites are told it.
	Version string
	// MaxPage is the largest page in bytes, uncompressed (20 MiB).
	MaxPage int64
	// MaxFile is the largest file of another kind in bytes (2 GiB).
	MaxFile int64
	// FetchTimeout is how long a site has to send a page, or to go on sending a file
	// of another kind (60 s).
	FetchTimeout time.Duration
	// FileTimeout is how long a whole file of another kind may take (4 h).
	FileTimeout time.Duration
	// IgnoreRobots has pages fetched that their site's robots.txt disallows.
	IgnoreRobots bool
}

// Converter is the web converter.
type Converter struct {
	config Config
	guard  *outbound.Guard
	client *http.Client
	robots *robots
	files  Files
}

var _ convert.Converter = (*Converter)(nil)

// New makes a converter that calls where guard allows.
func New(config Config, guard *outbound.Guard, files Files) *Converter {
	config.Version = cmp.Or(config.Version, "dev")
	config.MaxPage = cmp.Or(max(config.MaxPage, 0), 20<<20)
	config.MaxFile = cmp.Or(max(config.MaxFile, 0), 2<<30)
	config.FetchTimeout = cmp.Or(max(config.FetchTimeout, 0), time.Minute)
	config.FileTimeout = cmp.Or(max(config.FileTimeout, 0), 4*time.Hour)
	c := &Converter{config: config, guard: guard, client: guard.Client(config.FileTimeout), files: files}
	if !config.IgnoreRobots {
		c.robots = newRobots(guard.Client(config.FetchTimeout), c.userAgent(), time.Now)
	}
	follow := c.client.CheckRedirect
	c.client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if err := follow(next, via); err != nil {
			return err
		}
		return c.robots.check(next.Context(), next.URL)
	}
	return c
}

// userAgent names the program by the word that robots.txt is searched for.
func (c *Converter) userAgent() string {
	return "Mozilla/5.0 (compatible; " + product + "/" + c.config.Version + "; reads single pages for its users)"
}

// Name is "web".
func (c *Converter) Name() string { return content.Web }

// Types is the web type alone.
func (c *Converter) Types() []string { return []string{content.Web} }

// around is around every conversion.
var around = frame.Frame{Noun: "the page", Begin: "fetching the page", Done: "page converted"}

// Convert fetches the address that src holds. What does not exist or must not be
// fetched wraps [convert.ErrBadSource]; a site that is in trouble, [convert.ErrEngine].
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
	scratch, err := frame.Scratch(c.config.ScratchDir, "web")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	got, err := c.fetch(ctx, address, scratch, frame.Part(progress, 0, 0.5))
	if err != nil {
		return nil, err
	}
	var doc *content.Document
	if got.isPage {
		doc, err = c.convertPage(ctx, got, scratch, opt, frame.Part(progress, 0.5, 1))
	} else {
		doc, err = c.files.Convert(ctx, got.source(), opt, frame.Part(progress, 0.5, 1))
	}
	if err != nil {
		return nil, err
	}
	if doc.Metadata == nil {
		doc.Metadata = map[string]any{}
	}
	if !got.isPage || strings.TrimSpace(doc.Content) == "" {
		doc.Fetched = got.sum
	}
	doc.Metadata["url"] = got.url.String()
	if requested := address; requested != got.url.String() {
		doc.Metadata["requested_url"] = requested
	}
	return doc, nil
}

// Engines lists what is built in.
func (c *Converter) Engines(context.Context) []convert.Engine {
	return []convert.Engine{{
		Name: engine, Purpose: "main text of web pages", Version: engineVersion(), Available: true, Remedy: "it is built in",
	}}
}
