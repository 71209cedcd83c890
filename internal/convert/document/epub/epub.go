// Package epub makes Markdown of books (EPUB). Its chapters are XHTML pages and are read like
// those.
package epub

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/html"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/archive"
	"morag/internal/convert/document/markdown"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/omission"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
)

const noun = "an EPUB book"

// Read makes Markdown of a book: its chapters are XHTML pages and are read like
// those, in reading order, with the notes at the end. Pandoc, which knows the format
// too, leaves its tags in the text and loses the references to notes.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	b, err := archive.OpenFile(src, noun)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return parse(ctx, b, src.Limits.MaxText)
}

func parse(ctx context.Context, b *archive.Archive, limit int64) (*content.Document, error) {
	book, err := openBook(b)
	if err != nil {
		return nil, err
	}
	var names []string
	var pages []*html.Node
	missing := 0
	for _, name := range book.chapters() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		raw, err := b.Read(name)
		if err != nil {
			return nil, err
		}
		if raw == nil {
			missing++
			continue
		}
		page, err := markup.ParseXHTML(raw)
		if err != nil {
			return nil, convert.BadSource("the book is damaged: one of its chapters cannot be read", err)
		}
		names, pages = append(names, name), append(pages, page)
	}
	if missing > 0 && len(pages) == 0 {
		return nil, convert.BadSource("the book is damaged: its chapters are missing", nil)
	}
	var left omission.Counts
	text, err := writeBook(ctx, names, pages, limit, &left)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	meta := book.metadata()
	if _, known := meta["title"]; !known {
		property.Set(meta, "title", markdown.FirstHeading(text))
	}
	doc := &content.Document{Content: text, Metadata: meta, Warnings: left.Warnings()}
	if missing > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("Chapters that the book names and does not hold: %d.", missing))
	}
	return doc, nil
}

// writeBook writes the chapters and their notes, and counts what it leaves out.
func writeBook(ctx context.Context, names []string, pages []*html.Node, limit int64, left *omission.Counts) (string, error) {
	notes := markup.TakeNotes(names, pages)
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
		left.Merge(markup.Prune(page))
		markup.FlattenCells(page, false)
		left.Add("pictures without a description", markup.DropInnerLinks(page))
		text, err := markup.Markdown(ctx, page, "")
		if err := add(markup.NoteMarks.Replace(text), err); err != nil {
			return "", err
		}
	}
	if err := add(notes.Markdown(ctx)); err != nil {
		return "", err
	}
	return out.String(), nil
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
func openBook(b *archive.Archive) (*book, error) {
	var container struct {
		Roots []struct {
			Path string `xml:"full-path,attr"`
		} `xml:"rootfiles>rootfile"`
	}
	raw, err := b.Read("META-INF/container.xml")
	if err != nil {
		return nil, err
	}
	if raw == nil || markup.UnmarshalXML(raw, &container) != nil || len(container.Roots) == 0 {
		return nil, convert.BadSource("the file is a zip archive but not "+noun, nil)
	}
	o := &book{name: container.Roots[0].Path}
	if raw, err = b.Read(o.name); err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, convert.BadSource("the book is damaged: its table of contents is missing", nil)
	}
	if err := markup.UnmarshalXML(raw, o); err != nil {
		return nil, convert.BadSource("the book is damaged: its table of contents cannot be read", err)
	}
	locked, err := b.Read("META-INF/encryption.xml")
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

// chapters lists the parts that hold the text, in reading order, each once: without the
// table of contents that is a page.
func (o *book) chapters() []string {
	hrefs := map[string]string{}
	for _, item := range o.Items {
		if !markup.HasWord(item.Properties, "nav") && (strings.Contains(item.Type, "html") || item.Type == "text/x-oeb1-document") {
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

func (o *book) metadata() map[string]any {
	m := o.Metadata
	meta := map[string]any{"engine": "epub"}
	for key, values := range map[string][]string{
		"title": m.Titles[:min(len(m.Titles), 1)], "author": m.Creators, "language": m.Languages[:min(len(m.Languages), 1)],
		"publisher": {m.Publisher}, "subject": m.Subjects,
	} {
		property.Set(meta, key, property.Join(values))
	}
	for _, date := range m.Dates[:min(len(m.Dates), 1)] {
		property.Set(meta, "created", property.Date(date))
	}
	return meta
}
