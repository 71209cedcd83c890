// Package rtf makes Markdown of RTF: token.go cuts it into tokens, reader.go and word.go know
// what they mean, and flow.go and list.go put what they say into a page.
package rtf

import (
	"context"
	"errors"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/markdown"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
)

// Read makes Markdown of RTF. Headers, footers, deletions, hidden text, pictures and objects are
// left out with a warning, and so are marks for an index without one; the text of shapes follows
// the paragraph that they hang on, comments and notes stand at the end.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	return Parse(ctx, raw)
}

// Parse is [Read] of a document in memory.
func Parse(ctx context.Context, raw []byte) (*content.Document, error) {
	page, meta, warnings, err := read(ctx, raw)
	if err != nil {
		return nil, explain(ctx, err)
	}
	text, err := markup.WithNotes(ctx, page)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the document cannot be made Markdown", err)
	}
	meta["engine"] = "rtf"
	if _, known := meta["title"]; !known {
		property.Set(meta, "title", markdown.FirstHeading(text))
	}
	return &content.Document{Content: text, Metadata: meta, Warnings: warnings}, nil
}

func explain(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errEnd):
		return convert.BadSource("the RTF is truncated: its end is missing", err)
	case errors.Is(err, charset.ErrBinary):
		return convert.BadSource("the RTF is damaged: there is binary data in its text", err)
	case errors.Is(err, errNodes):
		return convert.BadSource("the document has too many parts to be read", err)
	case errors.Is(err, markup.ErrDepth):
		return convert.BadSource("the document is nested too deeply", err)
	}
	return convert.BadSource("the file is not a readable RTF document", err)
}
