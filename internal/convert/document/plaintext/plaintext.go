// Package plaintext passes on files that are plain text.
package plaintext

import (
	"context"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/source"
)

// Read passes plain text on as it is.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	return parse(raw)
}

// parse takes a form feed for a page break, as it is in files made for printers.
func parse(raw []byte) (*content.Document, error) {
	text, err := charset.Decode(raw)
	if err != nil {
		return nil, convert.BadSource("the document is binary data and not text", err)
	}
	doc := &content.Document{Content: strings.TrimRight(text, " \n\f"), Metadata: map[string]any{"engine": "text"}}
	if breaks := strings.Count(doc.Content, content.PageBreak); breaks > 0 {
		doc.Metadata["page_count"] = breaks + 1
	}
	return doc, nil
}
