package document

import (
	"context"
	"errors"

	"morag/internal/content"
	"morag/internal/convert"
)

// read gives the document to the docling server when that is asked for, else to the
// reader of its format, which also stands in for a server that fails. A warning says so.
func (c *Converter) read(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	if !opt.UseDocling {
		return c.readLocally(ctx, src, opt, progress)
	}
	why := ""
	switch {
	case c.docling == nil:
		why = "no docling server is configured (MORAG_DOCLING_URL)"
	case doclingFiles[src.MIME] == "":
		why = "the docling server does not read this format"
	case opt.Password != "":
		why = "the docling server takes no password"
	default:
		doc, err := c.docling.convert(ctx, src, opt)
		var failed *errDocling
		if !errors.As(err, &failed) {
			return doc, err
		}
		why = failed.sentence
	}
	doc, err := c.readLocally(ctx, src, opt, progress)
	if err != nil {
		return nil, err
	}
	doc.Warnings = append([]string{why + ": the document was converted by the local engine"}, doc.Warnings...)
	return doc, nil
}

// readLocally finds the reader of the format. That of PDF tells its progress, for OCR
// takes seconds a page.
func (c *Converter) readLocally(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	if src.MIME == mimePDF {
		return c.readPDF(ctx, src, opt, progress)
	}
	read, err := readerOf(src.MIME)
	if err != nil {
		return nil, err
	}
	return read(c, ctx, src, opt)
}
