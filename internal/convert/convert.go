// Package convert is the port of the converters: what turns a source into a
// document, the registry that finds one for a content type, and the errors that
// every converter speaks. The converters are its subpackages, one per kind.
package convert

import (
	"context"

	"morag/internal/content"
	"morag/internal/option"
)

// Progress tells how far a conversion is: a fraction from 0 to 1 and a few words.
// It may be called from any goroutine and often; a nil Progress is not passed.
type Progress func(fraction float64, message string)

// Options are a caller's wishes. A converter ignores what does not concern it.
type Options = option.Conversion

// Bounds of thumbnails, those of the table in package option.
const (
	MaxThumbnails    = 100
	MaxThumbnailSize = 2048 // pixels
)

// Converter turns sources of some content types into documents.
//
// Convert reads src.Path only, keeps scratch files in a folder of its own that is
// gone when it returns, and leaves no process behind; when ctx ends it stops its
// engines and returns ctx's error. It is safe for concurrent use. Errors wrap one
// of [ErrUnsupported], [ErrNoEngine], [ErrBadSource], [ErrEngine] or [ErrEnded] where they apply;
// any other error is trouble of this machine's own, such as a full disk. All but
// [ErrNoEngine] are final for this source: the same file fails again.
type Converter interface {
	// Name is short and stable: "audio", "document".
	Name() string
	// Types lists the content types it claims.
	Types() []string
	// Convert makes the document. Silence or an empty page is an empty
	// Content, not an error.
	Convert(ctx context.Context, src content.Source, opt Options, progress Progress) (*content.Document, error)
	// Engines tells what it works with and whether that is here, in the order in which
	// engines for the same purpose are tried.
	Engines(ctx context.Context) []Engine
}

// Engine is one external program or service a converter can use.
type Engine struct {
	Name      string   `json:"name"`    // "pdftohtml"
	Purpose   string   `json:"purpose"` // "text of PDF files"
	Types     []string `json:"types"`   // the content types it is for; filled in by [Registry.Engines]
	Version   string   `json:"version"` // "" when it was not found
	Available bool     `json:"available"`
	Remedy    string   `json:"remedy"` // the command or setting that makes it available
	// Warning is what is wrong with one that is available, "" for nothing.
	Warning string `json:"warning,omitempty"`
}
