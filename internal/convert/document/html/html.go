// Package html makes Markdown of pages that are files.
package html

import (
	"context"
	"strings"

	"golang.org/x/net/html"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/markdown"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
	"morag/internal/convert/frame"
)

// Read converts a page without what is only there for a browser.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	return Parse(ctx, raw, src.URL)
}

// Parse completes the page's links with url, if there is one.
func Parse(ctx context.Context, raw []byte, url string) (*content.Document, error) {
	text, err := markup.Decode(raw)
	if err != nil {
		return nil, convert.BadSource("the HTML file is binary data and not text", err)
	}
	page, err := html.Parse(frame.Reader(ctx, strings.NewReader(text)))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the HTML is nested too deeply or cannot be read", err)
	}
	meta := metadata(page)
	markup.Prune(page)
	markup.FlattenCells(page, false)
	out, err := markup.Markdown(ctx, page, url)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the HTML cannot be made Markdown", err)
	}
	if _, known := meta["title"]; !known {
		property.Set(meta, "title", markdown.FirstHeading(out))
	}
	meta["engine"] = "html-to-markdown"
	return &content.Document{Content: out, Metadata: meta}, nil
}
