package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/proc"
)

const (
	pdftotext     = "pdftotext"
	pdfinfo       = "pdfinfo"
	popplerRemedy = "apt-get install poppler-utils"

	// pdfTail is where the end mark of a PDF has to be. The standard says the last
	// KiB; mail programs and web servers append more than that.
	pdfTail = 16 << 10
)

// readPDF takes the text in reading order, which is pdftotext's default: it follows
// columns and joins words cut at line ends, where -layout would weave columns into
// each other.
func (c *Converter) readPDF(ctx context.Context, src content.Source, opt convert.Options) (*content.Document, error) {
	if err := checkPDFEnd(src.Path); err != nil {
		return nil, err
	}
	file, err := filepath.Abs(src.Path) // a name that begins with a dash is no option
	if err != nil {
		return nil, fmt.Errorf("read PDF: %w", err)
	}
	info, err := c.poppler(ctx, opt, pdfinfo, "-enc", "UTF-8", "-isodates", file)
	if err != nil {
		return nil, err
	}
	text, err := c.poppler(ctx, opt, pdftotext, "-enc", "UTF-8", "-eol", "unix", file, "-")
	if err != nil {
		return nil, err
	}
	version, err := proc.Version(ctx, pdftotext, "-v")
	if err != nil {
		return nil, fmt.Errorf("read PDF: %w", err)
	}

	doc := &content.Document{
		Content:  pdfPages(string(text.Stdout)),
		Metadata: parsePDFInfo(string(info.Stdout)),
	}
	doc.Metadata["engine"] = strings.TrimSpace(pdftotext + " " + version)
	damaged := strings.Contains(info.Stderr+text.Stderr, "Syntax Error")
	empty := strings.Trim(doc.Content, " \n"+content.PageBreak) == ""
	switch {
	case empty && damaged:
		return nil, convert.BadSource("the PDF is damaged: no text could be read from it", errors.New(text.Stderr))
	case empty:
		doc.Content = ""
		doc.Warnings = append(doc.Warnings, "the PDF has no text: its pages may be scanned pictures")
	case damaged:
		doc.Warnings = append(doc.Warnings, "the PDF is damaged: some of its text may be missing")
	}
	return doc, nil
}

// poppler runs one of its programs and makes the failures sentences.
func (c *Converter) poppler(ctx context.Context, opt convert.Options, name string, args ...string) (proc.Result, error) {
	if opt.Password != "" {
		if strings.ContainsRune(opt.Password, 0) {
			return proc.Result{}, convert.BadSource("the option password must not hold a NUL character", nil)
		}
		args = append([]string{"-upw", opt.Password, "-opw", opt.Password}, args...)
	}
	result, err := proc.Run(ctx, proc.Cmd{
		Name: name, Args: args,
		Timeout: c.config.Timeout, MaxStdout: c.config.MaxText, MaxMemory: c.config.MaxMemory,
	})
	if err == nil {
		return result, nil
	}
	switch {
	case ctx.Err() != nil:
		return result, ctx.Err()
	case errors.Is(err, proc.ErrNotFound):
		return result, convert.NoEngine(fmt.Sprintf("PDF files need the program %s: %s", name, popplerRemedy))
	case errors.Is(err, proc.ErrTimeout):
		return result, convert.BadSource(fmt.Sprintf("the PDF took longer than %s to read", c.config.Timeout), err)
	case errors.Is(err, proc.ErrOutput):
		return result, convert.BadSource(fmt.Sprintf("the PDF holds more than %d MiB of text", c.config.MaxText>>20), err)
	case strings.Contains(result.Stderr, "Incorrect password") && opt.Password == "":
		return result, convert.BadSource("the PDF is encrypted: give its password in the option password", err)
	case strings.Contains(result.Stderr, "Incorrect password"):
		return result, convert.BadSource("the PDF is encrypted and the option password does not open it", err)
	default:
		return result, convert.BadSource("the file is not a readable PDF", err)
	}
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
