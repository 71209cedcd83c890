package document

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
	"morag/internal/convert/document/workbook"
	"morag/internal/convert/frame"
)

// readDocx makes Markdown of a Word document.
func (c *Converter) readDocx(ctx context.Context, src content.Source, _ convert.Options) (*content.Document, error) {
	return c.readOffice(ctx, src.Path, ooxml.Docx)
}

// readPptx makes Markdown of a PowerPoint presentation.
func (c *Converter) readPptx(ctx context.Context, src content.Source, _ convert.Options) (*content.Document, error) {
	return c.readOffice(ctx, src.Path, ooxml.Pptx)
}

// readXlsx makes Markdown of an Excel workbook.
func (c *Converter) readXlsx(ctx context.Context, src content.Source, _ convert.Options) (*content.Document, error) {
	return c.readOffice(ctx, src.Path, c.xlsxOf(src.Path))
}

// officeReader is one of the readers of ooxml.
type officeReader func(context.Context, io.ReaderAt, int64, ooxml.Limits) (*content.Document, error)

// xlsxOf reads the workbook in a file. Formulas without a value are computed from the
// same file.
func (c *Converter) xlsxOf(path string) officeReader {
	calculate := func(ctx context.Context, cells []ooxml.Cell) ([]string, error) {
		engine := c.workbooks()
		engine.Timeout = min(engine.Timeout, maxCalculation)
		values, err := engine.Calculate(ctx, path, cells)
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

// readOffice gives the file to one of the readers of ooxml.
func (c *Converter) readOffice(ctx context.Context, path string, read officeReader) (*content.Document, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	return read(ctx, f, info.Size(), ooxml.Limits{MaxText: c.config.MaxText, MaxTotal: c.config.MaxUnpacked})
}

// readCompound takes what is in the form of Office's old files: an encrypted document of
// today, which the password opens, or an old one, which is refused.
func (c *Converter) readCompound(ctx context.Context, src content.Source, opt convert.Options) (*content.Document, error) {
	encrypted := false
	// The reader of docx says best what else the file may be.
	explain := func(ctx context.Context, r io.ReaderAt, size int64, limits ooxml.Limits) (doc *content.Document, err error) {
		if encrypted, err = ooxml.IsEncrypted(r, size); err != nil || encrypted {
			return nil, err
		}
		return ooxml.Docx(ctx, r, size, limits)
	}
	doc, err := c.readOffice(ctx, src.Path, explain)
	switch {
	case err != nil || !encrypted:
		return doc, err
	case opt.Password == "":
		return nil, convert.BadSource("the document is encrypted: give its password in the option password", nil)
	}
	return c.readEncrypted(ctx, src, opt.Password)
}

// readEncrypted opens an encrypted document in a scratch folder.
func (c *Converter) readEncrypted(ctx context.Context, src content.Source, password string) (*content.Document, error) {
	dir, err := frame.Scratch(c.config.ScratchDir, "document")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	from, err := filepath.Abs(src.Path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	plain := filepath.Join(dir, "plain")
	err = c.workbooks().Decrypt(ctx, from, password, plain)
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
	switch kind {
	case mimeXlsx:
		return c.readOffice(ctx, plain, c.xlsxOf(plain))
	case mimePptx:
		return c.readOffice(ctx, plain, ooxml.Pptx)
	}
	return c.readOffice(ctx, plain, ooxml.Docx)
}
