// Package xml makes Markdown of XML: feeds (RSS, Atom) as their entries, articles of journals
// (JATS) as articles, books (FictionBook) as books, pages (XHTML) as pages, and anything else as its text without the tags.
package xml

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/net/html"

	"morag/internal/content"
	"morag/internal/convert"
	pages "morag/internal/convert/document/html"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/omission"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
)

// Read makes Markdown of XML. What it is, its first element says.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	return read(ctx, raw, src.Limits.MaxText)
}

func read(ctx context.Context, raw []byte, limit int64) (*content.Document, error) {
	page, err := parse(ctx, raw)
	if err != nil {
		return nil, err
	}
	var doc *content.Document
	switch top := root(page); {
	case top.Data == "html":
		return pages.Parse(ctx, raw, "")
	case top.Data == "rss", top.Data == "rdf" && child(top, "channel") != nil, top.Data == "feed" && child(top, "entry") != nil:
		limit = min(limit, mostOfFeed(len(raw)))
		doc, err = readFeed(ctx, top, limit)
	case top.Data == "article" && (child(top, "front") != nil || child(top, "body") != nil):
		doc, err = readArticle(ctx, top)
	case top.Data == "fictionbook":
		doc, err = readBook(ctx, top)
	default:
		doc, err = readText(top, limit)
	}
	if err == nil && int64(len(doc.Content)) > limit {
		err = tooLong(limit)
	}
	if err != nil {
		return nil, err
	}
	return doc, nil
}

// mostOfFeed is how much text a feed of so many bytes may become. What the cells of a table
// span is bounded for a page, and each entry is one.
func mostOfFeed(size int) int64 { return 1<<20 + 20*int64(size) }

func tooLong(limit int64) error {
	return convert.BadSource(fmt.Sprintf("the XML has more than %d MiB of text", limit>>20), nil)
}

// textWriter writes the text of any XML: a paragraph for each element that has some of its
// own, with that of what is in it.
type textWriter struct {
	strings.Builder
	limit int64
	left  omission.Counts
}

func readText(top *html.Node, limit int64) (*content.Document, error) {
	w := &textWriter{limit: limit}
	if err := w.element(top); err != nil {
		return nil, err
	}
	doc := &content.Document{Content: w.String(), Metadata: map[string]any{"engine": "xml", "root": property.Cut(top.Data)}}
	property.Set(doc.Metadata, "language", property.Cut(property.Line(markup.Attr(top, "lang"))))
	property.Set(doc.Metadata, "title", property.Cut(property.Line(line(titleOf(top)))))
	doc.Warnings = w.left.Warnings()
	return doc, nil
}

// titleOf is the title of a file, which stands in its first element or in the first one there.
func titleOf(top *html.Node) *html.Node {
	if title := child(top, "title"); title != nil {
		return title
	}
	if first := child(top, ""); first != nil {
		return child(first, "title")
	}
	return nil
}

func (w *textWriter) element(n *html.Node) error {
	own := false
	for c := n.FirstChild; c != nil && !own; c = c.NextSibling {
		own = c.Type == html.TextNode && strings.TrimSpace(c.Data) != ""
	}
	w.left.Add("attributes of elements", len(n.Attr))
	if !own {
		for c := range children(n, "") {
			if err := w.element(c); err != nil {
				return err
			}
		}
		return nil
	}
	for d := range n.Descendants() {
		w.left.Add("attributes of elements", len(d.Attr))
	}
	if w.Len() > 0 {
		w.WriteString("\n\n")
	}
	w.WriteString(property.Line(spaced(n)))
	if int64(w.Len()) > w.limit {
		return tooLong(w.limit)
	}
	return nil
}

// spaced is the text of an element; a blank parts elements in it that follow each other without
// any text between them, as the values of a record.
func spaced(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type != html.TextNode {
			continue
		}
		top := d
		for top.PrevSibling == nil && top.Parent != n {
			top = top.Parent
		}
		if top != d && top.PrevSibling != nil && top.PrevSibling.Type == html.ElementNode {
			out.WriteByte(' ')
		}
		out.WriteString(d.Data)
	}
	return out.String()
}
