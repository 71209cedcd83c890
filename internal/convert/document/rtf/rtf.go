// Package rtf makes Markdown of RTF, by pandoc: clean.go writes the file anew so that pandoc
// reads all of it.
package rtf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/markdown"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
	"morag/internal/convert/frame"
	"morag/internal/proc"
)

// Read makes Markdown of RTF. Pandoc reads it from a text that is put straight
// before: see [clean].
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	plain, meta, err := clean(ctx, raw)
	if err != nil {
		return nil, explain(ctx, err)
	}
	out, err := pandocHTML(ctx, src.Limits, "rtf", "RTF document", strings.NewReader(plain))
	if err != nil {
		return nil, err
	}
	version, err := proc.Version(ctx, pandoc, "--version")
	if err != nil {
		return nil, fmt.Errorf("read RTF: %w", err)
	}
	page, err := html.Parse(frame.Reader(ctx, bytes.NewReader(out)))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the document is nested too deeply", err)
	}
	joinLists(page)
	text, err := markup.WithNotes(ctx, page)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the document cannot be made Markdown", err)
	}
	meta["engine"] = strings.TrimSpace(pandoc + " " + version)
	if _, known := meta["title"]; !known {
		property.Set(meta, "title", markdown.FirstHeading(text))
	}
	return &content.Document{Content: text, Metadata: meta}, nil
}

// joinLists puts lists together that follow each other: pandoc ends a list where one
// inside of it ends.
func joinLists(page *html.Node) {
	var lists []*html.Node
	for n := range page.Descendants() {
		if n.DataAtom == atom.Ol || n.DataAtom == atom.Ul {
			lists = append(lists, n)
		}
	}
	for i := len(lists) - 1; i >= 0; i-- {
		list := lists[i]
		before := list.PrevSibling
		for before != nil && before.Type == html.TextNode && strings.TrimSpace(before.Data) == "" {
			before = before.PrevSibling
		}
		if before == nil || before.DataAtom != list.DataAtom || markup.Attr(list, "type") != markup.Attr(before, "type") {
			continue
		}
		for list.FirstChild != nil {
			item := list.FirstChild
			list.RemoveChild(item)
			before.AppendChild(item)
		}
		list.Parent.RemoveChild(list)
	}
}

func explain(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errEnd):
		return convert.BadSource("the RTF is truncated: its end is missing", err)
	case errors.Is(err, charset.ErrBinary):
		return convert.BadSource("the RTF is damaged: there is binary data in its text", err)
	case errors.Is(err, markup.ErrDepth):
		return convert.BadSource("the document is nested too deeply", err)
	}
	return convert.BadSource("the file is not a readable RTF document", err)
}
