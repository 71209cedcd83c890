package document

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
)

// readText passes plain text on as it is.
func (c *Converter) readText(ctx context.Context, src content.Source, _ convert.Options) (*content.Document, error) {
	raw, err := c.readFile(ctx, src.Path)
	if err != nil {
		return nil, err
	}
	return parseText(raw)
}

// parseText takes a form feed for a page break, as it is in files made for printers.
func parseText(raw []byte) (*content.Document, error) {
	text, err := decodeText(raw)
	if err != nil {
		return nil, convert.BadSource("the document is binary data and not text", err)
	}
	doc := &content.Document{Content: strings.TrimRight(text, " \n\f"), Metadata: map[string]any{"engine": "text"}}
	if breaks := strings.Count(doc.Content, content.PageBreak); breaks > 0 {
		doc.Metadata["page_count"] = breaks + 1
	}
	return doc, nil
}

// readFile reads a whole file within the limit.
func (c *Converter) readFile(ctx context.Context, path string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, c.config.MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	if int64(len(raw)) > c.config.MaxFile {
		return nil, convert.BadSource(fmt.Sprintf("the document is larger than %d MiB", c.config.MaxFile>>20), nil)
	}
	return raw, nil
}
