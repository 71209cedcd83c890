// Package office makes Markdown of the files that Office writes, by ooxml; what takes a
// spreadsheet program or a password, by workbook.
package office

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/ooxml"
	"morag/internal/convert/document/source"
	"morag/internal/convert/document/workbook"
	"morag/internal/convert/frame"
)

// The names of the formats that Office writes today.
const (
	MIMEDocx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	MIMEPptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	MIMEXlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// Config is what Office files need besides their limits.
type Config struct {
	// ScratchDir is where encrypted documents are opened, "" for the system's folder.
	ScratchDir string
	// Command is the program, with arguments, that calls [workbook.Serve]. Without it no
	// formulas are computed and no encrypted files opened.
	Command []string
}

// Reader reads the files that Office writes.
type Reader struct{ config Config }

// Docx makes Markdown of a Word document.
func (o *Reader) Docx(ctx context.Context, src source.File) (*content.Document, error) {
	return read(ctx, src, ooxml.Docx)
}

// Pptx makes Markdown of a PowerPoint presentation.
func (o *Reader) Pptx(ctx context.Context, src source.File) (*content.Document, error) {
	return read(ctx, src, ooxml.Pptx)
}

// Xlsx makes Markdown of an Excel workbook.
func (o *Reader) Xlsx(ctx context.Context, src source.File) (*content.Document, error) {
	return read(ctx, src, o.xlsxOf(src))
}

// New makes a reader. It needs nothing until it reads.
func New(config Config) *Reader { return &Reader{config} }

// maxWorkbookMemory is the address space that formulas may take.
const maxWorkbookMemory = 2 << 30

// workbooks is the engine for what excelize does.
func (o *Reader) workbooks(limits source.Limits) workbook.Engine {
	return workbook.Engine{
		Command: o.config.Command, Timeout: limits.Timeout,
		MaxMemory: min(limits.MaxMemory, maxWorkbookMemory), MaxUnpacked: limits.MaxUnpacked,
	}
}

// reader is one of the readers of ooxml.
type reader func(context.Context, io.ReaderAt, int64, ooxml.Limits) (*content.Document, error)

// xlsxOf reads the workbook in a file. Formulas without a value are computed from the
// same file.
func (o *Reader) xlsxOf(src source.File) reader {
	calculate := func(ctx context.Context, cells []ooxml.Cell) ([]string, error) {
		engine := o.workbooks(src.Limits)
		engine.Timeout = min(engine.Timeout, maxCalculation)
		values, err := engine.Calculate(ctx, src.Path, cells)
		if err != nil {
			err = errors.New("the engine for formulas failed or took too long")
		}
		return values, err
	}
	return func(ctx context.Context, r io.ReaderAt, size int64, limits ooxml.Limits) (*content.Document, error) {
		return ooxml.Xlsx(ctx, r, size, limits, calculate)
	}
}

// maxCalculation is how long the formulas of one workbook may take.
const maxCalculation = 2 * time.Minute

// read gives the file to one of the readers of ooxml.
func read(ctx context.Context, src source.File, read reader) (*content.Document, error) {
	f, err := os.Open(src.Path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	return read(ctx, f, info.Size(), ooxml.Limits{MaxText: src.Limits.MaxText, MaxTotal: src.Limits.MaxUnpacked})
}

// Compound takes what is in the form of Office's old files: an encrypted document of
// today, which the password opens, or an old one, which is refused.
func (o *Reader) Compound(ctx context.Context, src source.File) (*content.Document, error) {
	encrypted := false
	// The reader of docx says best what else the file may be.
	explain := func(ctx context.Context, r io.ReaderAt, size int64, limits ooxml.Limits) (doc *content.Document, err error) {
		if encrypted, err = ooxml.IsEncrypted(r, size); err != nil || encrypted {
			return nil, err
		}
		return ooxml.Docx(ctx, r, size, limits)
	}
	doc, err := read(ctx, src, explain)
	switch {
	case err != nil || !encrypted:
		return doc, err
	case src.Options.Password == "":
		return nil, convert.BadSource("the document is encrypted: give its password in the option password", nil)
	}
	return o.readEncrypted(ctx, src)
}

// readEncrypted opens an encrypted document in a scratch folder.
func (o *Reader) readEncrypted(ctx context.Context, src source.File) (*content.Document, error) {
	dir, err := frame.Scratch(o.config.ScratchDir, "document")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	from, err := filepath.Abs(src.Path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	plain := filepath.Join(dir, "plain")
	err = o.workbooks(src.Limits).Decrypt(ctx, from, src.Options.Password, plain)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, workbook.ErrUnavailable):
		return nil, convert.NoEngine("encrypted Office documents cannot be opened here; save it without a password")
	case err != nil:
		return nil, convert.BadSource("the document is encrypted and the option password does not open it", err)
	}
	_, kind, err := content.DetectFile(plain, "")
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	src.Path = plain
	switch kind {
	case MIMEXlsx:
		return o.Xlsx(ctx, src)
	case MIMEPptx:
		return o.Pptx(ctx, src)
	}
	return o.Docx(ctx, src)
}
