package document

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"golang.org/x/net/html"

	"morag/internal/content"
	"morag/internal/convert"
)

const epubNoun = "an EPUB book"

// readEPUB makes Markdown of a book: its chapters are XHTML pages and are read like
// those, in reading order, with the notes at the end. Pandoc, which knows the format
// too, leaves its tags in the text and loses the references to notes.
func (c *Converter) readEPUB(ctx context.Context, src content.Source, _ convert.Options) (*content.Document, error) {
	b, err := c.openBundle(src.Path, epubNoun)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return parseEPUB(ctx, b, c.config.MaxText)
}

func parseEPUB(ctx context.Context, b *bundle, limit int64) (*content.Document, error) {
	book, err := openBook(b)
	if err != nil {
		return nil, err
	}
	var names []string
	var pages []*html.Node
	for _, name := range book.chapters() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		raw, err := b.read(name)
		if err != nil {
			return nil, err
		}
		if raw == nil {
			return nil, convert.BadSource("the book is damaged: one of its chapters is missing", nil)
		}
		page, err := parseXHTML(raw)
		if err != nil {
			return nil, convert.BadSource("the book is damaged: one of its chapters cannot be read", err)
		}
		names, pages = append(names, name), append(pages, page)
	}
	text, err := writeBook(ctx, names, pages, limit)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	meta := book.metadata()
	if _, known := meta["title"]; !known {
		setText(meta, "title", firstHeading(text))
	}
	return &content.Document{Content: text, Metadata: meta}, nil
}

// writeBook writes the chapters and their notes.
func writeBook(ctx context.Context, names []string, pages []*html.Node, limit int64) (string, error) {
	notes := takeNotes(names, pages)
	var out strings.Builder
	add := func(text string, err error) error {
		switch {
		case err != nil:
			return convert.BadSource("the book cannot be made Markdown", err)
		case int64(out.Len()+len(text)) > limit:
			return convert.BadSource(fmt.Sprintf("the book has more than %d MiB of text", limit>>20), nil)
		case text != "" && out.Len() > 0:
			out.WriteString("\n\n")
		}
		out.WriteString(text)
		return nil
	}
	for _, page := range pages {
		prune(page)
		flattenCells(page, false)
		dropInnerLinks(page)
		text, err := toMarkdown(ctx, page, "")
		if err := add(noteMarks.Replace(text), err); err != nil {
			return "", err
		}
	}
	if err := add(notes.markdown(ctx)); err != nil {
		return "", err
	}
	return out.String(), nil
}

// dropInnerLinks leaves the text of links that lead to other places of the same
// document, and pictures' descriptions: the places are not in the Markdown.
func dropInnerLinks(page *html.Node) {
	for n := range page.Descendants() {
		switch n.Data {
		case "a":
			if !isOutside(attr(n, "href")) {
				n.Attr = nil
			}
		case "img", "image":
			if n.Type == html.ElementNode && !isOutside(attr(n, "src")) {
				*n = html.Node{Type: html.TextNode, Data: attr(n, "alt"), Parent: n.Parent, PrevSibling: n.PrevSibling, NextSibling: n.NextSibling}
			}
		}
	}
}

// isOutside tells whether a link leads to the world outside.
func isOutside(address string) bool {
	for _, scheme := range []string{"http:", "https:", "mailto:", "ftp:", "tel:"} {
		if isScheme(address, scheme) {
			return true
		}
	}
	return false
}

// book is a package document (OPF): what an EPUB says about itself.
type book struct {
	Metadata struct {
		Titles    []string `xml:"title"`
		Creators  []string `xml:"creator"`
		Dates     []string `xml:"date"`
		Languages []string `xml:"language"`
		Publisher string   `xml:"publisher"`
		Subjects  []string `xml:"subject"`
	} `xml:"metadata"`
	Items []struct {
		ID         string `xml:"id,attr"`
		Href       string `xml:"href,attr"`
		Type       string `xml:"media-type,attr"`
		Properties string `xml:"properties,attr"`
	} `xml:"manifest>item"`
	Spine []struct {
		IDRef  string `xml:"idref,attr"`
		Linear string `xml:"linear,attr"`
	} `xml:"spine>itemref"`
	name string
}

// openBook finds and reads the package document.
func openBook(b *bundle) (*book, error) {
	var container struct {
		Roots []struct {
			Path string `xml:"full-path,attr"`
		} `xml:"rootfiles>rootfile"`
	}
	raw, err := b.read("META-INF/container.xml")
	if err != nil {
		return nil, err
	}
	if raw == nil || unmarshalXML(raw, &container) != nil || len(container.Roots) == 0 {
		return nil, convert.BadSource("the file is a zip archive but not "+epubNoun, nil)
	}
	o := &book{name: container.Roots[0].Path}
	if raw, err = b.read(o.name); err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, convert.BadSource("the book is damaged: its table of contents is missing", nil)
	}
	if err := unmarshalXML(raw, o); err != nil {
		return nil, convert.BadSource("the book is damaged: its table of contents cannot be read", err)
	}
	locked, err := b.read("META-INF/encryption.xml")
	if err != nil {
		return nil, err
	}
	for _, name := range o.chapters() { // the fonts of many books are encrypted, which is no matter
		if bytes.Contains(locked, []byte(`URI="`+(&url.URL{Path: name}).EscapedPath()+`"`)) || bytes.Contains(locked, []byte(`URI="`+name+`"`)) {
			return nil, convert.BadSource("the book is encrypted (copy protection) and cannot be read", nil)
		}
	}
	return o, nil
}

func unmarshalXML(raw []byte, value any) error {
	d := newXMLDecoder(bytes.NewReader(raw))
	d.Entity = xml.HTMLEntity
	return d.Decode(value)
}

// chapters lists the parts that hold the text, in reading order, each once: without the
// table of contents that is a page.
func (o *book) chapters() []string {
	hrefs := map[string]string{}
	for _, item := range o.Items {
		if !hasWord(item.Properties, "nav") && (strings.Contains(item.Type, "html") || item.Type == "text/x-oeb1-document") {
			hrefs[item.ID] = item.Href
		}
	}
	var names []string
	for _, ref := range o.Spine {
		href, known := hrefs[ref.IDRef]
		if !known {
			continue
		}
		delete(hrefs, ref.IDRef)
		if plain, err := url.PathUnescape(href); err == nil {
			href = plain
		}
		names = append(names, path.Join(path.Dir(o.name), href))
	}
	return names
}

// bookDates are the forms of dates in a book, the most exact first.
var bookDates = []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly, "2006-01", "2006"}

func (o *book) metadata() map[string]any {
	m := o.Metadata
	meta := map[string]any{"engine": "epub"}
	for key, values := range map[string][]string{
		"title": m.Titles[:min(len(m.Titles), 1)], "author": m.Creators, "language": m.Languages[:min(len(m.Languages), 1)],
		"publisher": {m.Publisher}, "subject": m.Subjects,
	} {
		setText(meta, key, joinValues(values))
	}
	for _, date := range m.Dates[:min(len(m.Dates), 1)] {
		setText(meta, "created", parseDate(date))
	}
	return meta
}

// joinValues joins values that come from a file.
func joinValues(values []string) string {
	var all []string
	for _, v := range values {
		if v = printable(v); v != "" {
			all = append(all, v)
		}
	}
	return cut(strings.Join(all, ", "))
}

// parseDate returns RFC 3339 in UTC, "" for what is no date.
func parseDate(value string) string {
	for _, layout := range bookDates {
		if t, err := time.Parse(layout, strings.TrimSpace(value)); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return ""
}
