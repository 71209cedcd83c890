// Package pdf makes Markdown of PDF files: the text that they hold, by poppler's programs or
// else by pdfium, which is built in, and what OCR finds on pages that are pictures.
package pdf

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/pdf/cos"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
	"morag/internal/convert/layout"
)

// tailSize is where the end mark of a PDF has to be. The standard says the last
// KiB; mail programs and web servers append more than that.
const tailSize = 16 << 10

// engine reads one PDF. Pages are numbered from 1. Its errors are sentences.
type engine interface {
	// read takes the whole text.
	read(ctx context.Context) (*pdfText, error)
	// pictures tells how much of the pages from first to last pictures take, in square
	// points.
	pictures(ctx context.Context, first, last int) (map[int]float64, error)
	// render writes the picture of a page to a new PNG file. It is called from
	// several goroutines.
	render(ctx context.Context, page int, size pageSize, file string) error
	// close gives back what the engine holds.
	close()
}

// pdfText is what an engine read.
type pdfText struct {
	engine   string
	metadata map[string]any
	doc      layout.Document
	damaged  bool
	warnings []string
}

// Config is how PDF files are read.
type Config struct {
	source.Limits
	// ScratchDir is where pictures of scanned pages go, "" for the system's folder.
	ScratchDir string
	// MaxPages is the most pages of one file.
	MaxPages int
	// PageTimeout is how long one scanned page may take to be drawn and read.
	PageTimeout time.Duration
	// Threads is how many scanned pages are read at a time.
	Threads int
	// Pictures reads scanned pages; nil: they have no text.
	Pictures PictureReader
	// CompileCache is a folder that keeps pdfium compiled, which takes seconds; "" for none.
	CompileCache string
}

// Reader reads PDF files. It is safe for concurrent use.
type Reader struct {
	config Config
	pdfium *pdfiumPool
}

// New makes a reader. It needs nothing until it reads.
func New(config Config) *Reader {
	return &Reader{config: config, pdfium: newPDFium(config)}
}

// Prepare compiles pdfium, if it is what reads here. It reads no file of a stranger.
func (c *Reader) Prepare() error {
	if havePoppler() {
		return nil
	}
	_, err := c.pdfium.start()
	return err
}

// Read makes Markdown of a PDF: the text that it holds, and what OCR finds on pages
// that are pictures.
func (c *Reader) Read(ctx context.Context, src source.File) (*content.Document, error) {
	if err := checkEnd(src.Path); err != nil {
		return nil, err
	}
	if strings.ContainsRune(src.Options.Password, 0) {
		return nil, convert.BadSource("the option password must not hold a NUL character", nil)
	}
	engine, err := c.openPDF(ctx, src.Path, src.Options.Password)
	if err != nil {
		return nil, err
	}
	defer engine.close()
	text, err := engine.read(ctx)
	if err != nil {
		return nil, err
	}
	if len(text.doc.Pages) > c.config.MaxPages {
		return nil, tooManyPages(c.config.MaxPages)
	}
	src.Progress(0.2, "text of the PDF read")
	doc := &content.Document{Metadata: text.metadata, Warnings: text.warnings}
	doc.Metadata["engine"] = text.engine
	if _, counted := doc.Metadata["page_count"]; !counted || !text.damaged {
		doc.Metadata["page_count"] = len(text.doc.Pages)
	}
	coded, fields := look(src.Path, &text.doc)
	if err := c.readScans(ctx, engine, text, coded, src, doc); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	made := layout.Markdown(text.doc)
	doc.Content = withFields(made.Join(), fields)
	if _, known := doc.Metadata["title"]; !known {
		property.Set(doc.Metadata, "title", property.Line(made.Title))
	}
	return doc, finish(doc, text.damaged)
}

// look adds what is to be seen in a file besides its text, and finds the pages whose text is
// no text and the fields of a form that are not on the pages. It is no failure when the file
// cannot be read so: engines mend more than this does.
func look(path string, doc *layout.Document) (coded []int, fields []string) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil
	}
	objects, err := cos.Open(file, info.Size())
	if err != nil {
		return nil, nil
	}
	addDrawings(objects, doc)
	raiseCalls(objects, doc)
	return codedPages(objects, doc), formFields(objects)
}

// withFields adds the fields of a form whose values are not in the text.
func withFields(text string, fields []string) string {
	var missing []string
	for _, field := range fields {
		if _, value, _ := strings.Cut(field, ": "); !strings.Contains(text, value) {
			missing = append(missing, field)
		}
	}
	if len(missing) == 0 {
		return text
	}
	return strings.TrimLeft(text+"\n\n", "\n") + strings.Join(missing, "\n")
}

// finish says what is wrong with what came out.
func finish(doc *content.Document, damaged bool) error {
	empty := strings.Trim(doc.Content, " \n"+content.PageBreak) == ""
	switch {
	case empty && damaged:
		return convert.BadSource("the PDF is damaged: no text could be read from it", nil)
	case empty:
		doc.Content = ""
		if doc.Metadata["ocr_pages"] == nil {
			doc.Warnings = append(doc.Warnings, "the PDF has no text: its pages may be scanned pictures")
		}
	case damaged:
		doc.Warnings = append(doc.Warnings, "the PDF is damaged: some of its text may be missing")
	}
	return nil
}

// openPDF chooses the engine: poppler, which is faster and mends more, else the one
// that is built in.
func (c *Reader) openPDF(ctx context.Context, path, password string) (engine, error) {
	if !havePoppler() {
		return c.pdfium.open(ctx, path, password)
	}
	file, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("read PDF: %w", err)
	}
	return poppler{config: c.config, file: file, password: password}, nil
}

func tooManyPages(limit int) error {
	return convert.BadSource(fmt.Sprintf("the PDF has more than %d pages (MORAG_MAX_PAGES)", limit), nil)
}

func tooMuchText(limit int64, cause error) error {
	return convert.BadSource(fmt.Sprintf("the PDF holds more than %d MiB of text", limit>>20), cause)
}

func tooSlow(limit time.Duration, cause error) error {
	return convert.BadSource(fmt.Sprintf("the PDF took longer than %s to read", limit), cause)
}

func unreadablePDF(cause error) error {
	return convert.BadSource("the file is not a readable PDF", cause)
}

// locked says that a PDF needs a password, or another one.
func locked(password string, cause error) error {
	if password == "" {
		return convert.BadSource("the PDF is encrypted: give its password in the option password", cause)
	}
	return convert.BadSource("the PDF is encrypted and the option password does not open it", cause)
}

// checkEnd refuses a PDF whose end is missing. Poppler would mend it in silence
// and return what is left of the text.
func checkEnd(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read PDF: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read PDF: %w", err)
	}
	start := max(0, info.Size()-tailSize)
	tail, err := io.ReadAll(io.NewSectionReader(f, start, info.Size()-start))
	if err != nil {
		return fmt.Errorf("read PDF: %w", err)
	}
	head := make([]byte, content.HeadSize)
	n, _ := io.ReadFull(io.NewSectionReader(f, 0, content.HeadSize), head)
	if !bytes.Contains(head[:n], []byte("%PDF-")) {
		return convert.BadSource("the file is not a readable PDF", nil)
	}
	if !bytes.Contains(tail, []byte("%%EOF")) && !bytes.Contains(tail, []byte("startxref")) {
		return convert.BadSource("the PDF is truncated: its end is missing", nil)
	}
	return nil
}
