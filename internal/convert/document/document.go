// Package document converts documents to Markdown. Each family of formats has a package of
// its own below; format.go names them, and read.go lets a docling server go first when that
// is asked for.
package document

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/docling"
	"morag/internal/convert/document/legacy"
	"morag/internal/convert/document/pandoc"
	"morag/internal/convert/document/pdf"
	"morag/internal/convert/document/source"
	"morag/internal/convert/frame"
)

// Config holds the limits. The zero value means the defaults.
type Config struct {
	// ScratchDir is where scratch files go, "" for the system's folder.
	ScratchDir string
	// WorkbookCommand is the program, with arguments, that calls [workbook.Serve]. Without
	// it no formulas are computed and no encrypted Office files opened.
	WorkbookCommand []string
	// Timeout is how long an engine may work on one document (10 minutes).
	Timeout time.Duration
	// MaxText is the most bytes of text one document may hold (256 MiB).
	MaxText int64
	// MaxFile is the largest file that is read into memory as a whole (64 MiB): text,
	// Markdown, HTML, JSON, RTF. The others are read piece by piece.
	MaxFile int64
	// MaxUnpacked is the most bytes that are read of an archive, uncompressed, in all
	// (1 GiB). A single part that is held in memory may have MaxFile.
	MaxUnpacked int64
	// MaxMemory is the address space an engine may take, on Linux (4 GiB).
	MaxMemory int64
	// MaxPages is the most pages of a PDF (10,000).
	MaxPages int
	// PageTimeout is how long one scanned page may take to be drawn and read (5 minutes).
	PageTimeout time.Duration
	// Threads is how many scanned pages are read at a time (as many as there are
	// processors).
	Threads int
	// Pictures reads scanned pages; nil: they have no text.
	Pictures pdf.PictureReader
	// CompileCache is a folder that keeps pdfium compiled, "" for none.
	CompileCache string
	// Soffice is LibreOffice's program, which reads old Office files ("soffice").
	Soffice string
	// DoclingURL is the address of a docling-serve, "" for none, and DoclingKey its key.
	DoclingURL, DoclingKey string
}

// Converter is the document converter.
type Converter struct {
	limits  source.Limits
	docling *docling.Client // nil: none is configured
	papers  *pdf.Reader
	readers map[string]source.Reader // by MIME type
}

var _ convert.Converter = (*Converter)(nil)

// New makes a converter. It needs nothing until it converts: a missing engine shows
// in [Converter.Engines] and fails the documents that need it.
func New(config Config) *Converter {
	config.Timeout = cmp.Or(config.Timeout, 10*time.Minute)
	config.MaxText = cmp.Or(config.MaxText, 256<<20)
	config.MaxFile = cmp.Or(config.MaxFile, 64<<20)
	config.MaxUnpacked = cmp.Or(config.MaxUnpacked, 1<<30)
	config.MaxMemory = cmp.Or(config.MaxMemory, 4<<30)
	config.MaxPages = cmp.Or(max(config.MaxPages, 0), 10_000)
	config.PageTimeout = cmp.Or(config.PageTimeout, 5*time.Minute)
	config.Threads = cmp.Or(max(config.Threads, 0), runtime.NumCPU())
	limits := source.Limits{
		MaxText: config.MaxText, MaxFile: config.MaxFile, MaxUnpacked: config.MaxUnpacked,
		MaxMemory: config.MaxMemory, Timeout: config.Timeout,
	}
	papers := pdf.New(pdf.Config{
		Limits: limits, ScratchDir: config.ScratchDir, MaxPages: config.MaxPages, PageTimeout: config.PageTimeout, Threads: config.Threads,
		Pictures: config.Pictures, CompileCache: config.CompileCache,
	})
	c := &Converter{
		limits: limits, papers: papers,
		docling: docling.New(docling.Config{Address: config.DoclingURL, Key: config.DoclingKey, Timeout: config.Timeout, MaxText: config.MaxText}),
	}
	c.readers = readers(config, papers, c.readerOf)
	return c
}

// Papers is what reads PDF files here.
func (c *Converter) Papers() *pdf.Reader { return c.papers }

// Name is "document".
func (c *Converter) Name() string { return content.Doc }

// Types is the document type alone.
func (c *Converter) Types() []string { return []string{content.Doc} }

// around is around every conversion.
var around = frame.Frame{Noun: "the document", Begin: "reading the document", Done: "document converted"}

// Prepare does what takes long and needs no document. It implements [convert.Preparer].
func (c *Converter) Prepare() error {
	return c.papers.Prepare()
}

// Convert makes Markdown of a document. It wraps [convert.ErrUnsupported] with the
// name of a format that has no reader here.
func (c *Converter) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	return around.RunFile(ctx, src, progress, func(ctx context.Context, progress convert.Progress) (*content.Document, error) {
		if src.MIME == "" {
			var err error
			if _, src.MIME, err = content.DetectFile(src.Path, src.Name); err != nil {
				return nil, fmt.Errorf("convert document: %w", err)
			}
		}
		doc, err := c.read(ctx, source.File{Source: src, Options: opt, Limits: c.limits, Progress: progress})
		if err != nil {
			return nil, err
		}
		doc.Metadata["mime_type"] = src.MIME
		if _, known := doc.Metadata["language"]; !known && opt.Language != "" {
			doc.Metadata["language"] = opt.Language
		}
		return doc, nil
	})
}

// Engines lists what reads PDF files, rarer formats of text and old Office files, and the
// docling server; the other formats need none.
func (c *Converter) Engines(ctx context.Context) []convert.Engine {
	return append(pdf.Engines(ctx), pandoc.Engine(ctx), legacy.Engine(ctx), c.docling.Engine(ctx))
}
