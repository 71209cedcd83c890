package document

import (
	"context"
	"errors"

	"morag/internal/content"
	"morag/internal/convert/document/docling"
	"morag/internal/convert/document/source"
)

// read gives the document to the docling server when that is asked for, else to the
// reader of its format, which also stands in for a server that fails. A warning says so.
func (c *Converter) read(ctx context.Context, src source.File) (*content.Document, error) {
	if !src.Options.UseDocling {
		return c.readLocally(ctx, src)
	}
	why := c.docling.Lacks(src)
	if why == "" {
		doc, err := c.docling.Convert(ctx, src)
		var failed *docling.Error
		if !errors.As(err, &failed) {
			return doc, err
		}
		why = failed.Error()
	}
	doc, err := c.readLocally(ctx, src)
	if err != nil {
		return nil, err
	}
	doc.Warnings = append([]string{why + ": the document was converted by the local engine"}, doc.Warnings...)
	return doc, nil
}

// readLocally gives the document to the reader of its format.
func (c *Converter) readLocally(ctx context.Context, src source.File) (*content.Document, error) {
	read, err := c.readerOf(src.MIME)
	if err != nil {
		return nil, err
	}
	return read(ctx, src)
}
