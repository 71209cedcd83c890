package document

import (
	"context"
	"fmt"
	"io"
	"os"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/ooxml"
)

// readDocx makes Markdown of a Word document.
func (c *Converter) readDocx(ctx context.Context, src content.Source, _ convert.Options) (*content.Document, error) {
	return c.readOffice(ctx, src, ooxml.Docx)
}

// readPptx makes Markdown of a PowerPoint presentation.
func (c *Converter) readPptx(ctx context.Context, src content.Source, _ convert.Options) (*content.Document, error) {
	return c.readOffice(ctx, src, ooxml.Pptx)
}

// readOffice gives the file to one of the readers of ooxml.
func (c *Converter) readOffice(ctx context.Context, src content.Source,
	read func(context.Context, io.ReaderAt, int64, ooxml.Limits) (*content.Document, error),
) (*content.Document, error) {
	f, err := os.Open(src.Path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	return read(ctx, f, info.Size(), ooxml.Limits{MaxText: c.config.MaxText})
}
