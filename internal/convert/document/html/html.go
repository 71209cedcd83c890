// Package html makes Markdown of pages that are files.
package html

import (
	"context"
	"strings"

	"golang.org/x/net/html"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/article"
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
	if src.URL != "" { // whoever has fetched the page has looked for its article
		return Parse(ctx, raw, src.URL)
	}
	return ParseSaved(ctx, raw)
}

// ParseSaved reads a page that somebody has saved: of an article what belongs to it. What is
// left out is warned of.
func ParseSaved(ctx context.Context, raw []byte) (*content.Document, error) {
	return parse(ctx, raw, "", true)
}

// Parse completes the page's links with url, if there is one.
func Parse(ctx context.Context, raw []byte, url string) (*content.Document, error) {
	return parse(ctx, raw, url, false)
}

func parse(ctx context.Context, raw []byte, url string, isSaved bool) (*content.Document, error) {
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
	around := 0
	if isSaved {
		around = article.Strip(page)
	}
	left := markup.Prune(page)
	left.Add("parts of the page around its article", around)
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
	doc := &content.Document{Content: out, Metadata: meta}
	if isSaved {
		doc.Warnings = left.Warnings()
	}
	return doc, nil
}
