package document

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
)

const mimePDF = "application/pdf"

// pdfTail is where the end mark of a PDF has to be. The standard says the last
// KiB; mail programs and web servers append more than that.
const pdfTail = 16 << 10

// pdfEngine reads one PDF. Pages are numbered from 1. Its errors are sentences.
type pdfEngine interface {
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
	pages    []string   // the lines of each page, an empty one between blocks
	fonts    []fontPage // how they are set; shorter than pages when that is not known
	damaged  bool
	warnings []string
}

// readPDF makes Markdown of a PDF: the text that it holds, and what OCR finds on pages
// that are pictures.
func (c *Converter) readPDF(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	if err := checkPDFEnd(src.Path); err != nil {
		return nil, err
	}
	if strings.ContainsRune(opt.Password, 0) {
		return nil, convert.BadSource("the option password must not hold a NUL character", nil)
	}
	engine, err := c.openPDF(ctx, src.Path, opt.Password)
	if err != nil {
		return nil, err
	}
	defer engine.close()
	text, err := engine.read(ctx)
	if err != nil {
		return nil, err
	}
	if len(text.pages) > c.config.MaxPages {
		return nil, tooManyPages(c.config.MaxPages)
	}
	progress(0.2, "text of the PDF read")
	doc := &content.Document{Metadata: text.metadata, Warnings: text.warnings}
	doc.Metadata["engine"] = text.engine
	if _, counted := doc.Metadata["page_count"]; !counted || !text.damaged {
		doc.Metadata["page_count"] = len(text.pages)
	}

	marks := findHeadings(text.fonts)
	pages := make([]string, len(text.pages))
	for i, page := range text.pages {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		level := marks.on(i)
		var tables []pdfTable
		if i < len(text.fonts) {
			tables = findTables(text.fonts[i])
		}
		pages[i] = placeTables(page, tables, func(part string) string { return flow(part, level) })
	}
	if err := c.readScans(ctx, engine, text, pages, opt, doc, progress); err != nil {
		return nil, err
	}
	doc.Content = strings.Join(pages, content.PageBreak)
	if _, known := doc.Metadata["title"]; !known {
		setText(doc.Metadata, "title", marks.title)
	}
	return doc, finishPDF(doc, text.damaged)
}

// finishPDF says what is wrong with what came out.
func finishPDF(doc *content.Document, damaged bool) error {
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
	doc.Content = strings.TrimRight(doc.Content, content.PageBreak)
	return nil
}

// openPDF chooses the engine: poppler, which is faster and mends more, else the one
// that is built in.
func (c *Converter) openPDF(ctx context.Context, path, password string) (pdfEngine, error) {
	if !havePoppler() {
		return c.pdfium.open(ctx, path, password)
	}
	file, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("read PDF: %w", err)
	}
	return poppler{config: c.config, file: file, password: password}, nil
}

// splitPages cuts an engine's output at the page breaks, of which the last page has
// one too.
func splitPages(text string) []string {
	text = strings.TrimSuffix(strings.ToValidUTF8(text, "\uFFFD"), content.PageBreak)
	return strings.Split(text, content.PageBreak)
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

// checkPDFEnd refuses a PDF whose end is missing. Poppler would mend it in silence
// and return what is left of the text.
func checkPDFEnd(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read PDF: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read PDF: %w", err)
	}
	start := max(0, info.Size()-pdfTail)
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
