// Package odt makes Markdown of OpenDocument texts. Their elements are close to those of
// HTML and become them: body.go walks the text, table.go its tables, style.go knows what
// the styles mean.
package odt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/archive"
	"morag/internal/convert/document/markdown"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
)

const noun = "an OpenDocument text (odt)"

// Read makes Markdown of an OpenDocument text. Its elements are close to those of
// HTML and become them. Pandoc, which knows the format too, loses the heads of tables,
// lists in cells, text boxes, fields and formulas.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	b, err := archive.OpenFile(src, noun)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return parse(ctx, b, src.Limits.MaxText)
}

func parse(ctx context.Context, b *archive.Archive, limit int64) (*content.Document, error) {
	manifest, err := b.Read("META-INF/manifest.xml")
	if err != nil {
		return nil, err
	}
	if bytes.Contains(manifest, []byte("encryption-data")) {
		return nil, convert.BadSource("the document is encrypted; save it without a password", nil)
	}
	if mimeType, err := b.Read("mimetype"); err != nil {
		return nil, err
	} else if mimeType := strings.TrimSpace(string(mimeType)); mimeType != "" && !strings.HasPrefix(mimeType, "application/vnd.oasis.opendocument.text") {
		return nil, convert.BadSource(fmt.Sprintf("the file is of the format %.80s and not %s", property.Line(mimeType), noun), nil)
	}
	body, err := b.Read("content.xml")
	if err != nil {
		return nil, err
	}
	if body == nil {
		return nil, convert.BadSource("the file is a zip archive but not "+noun+": it has no content.xml", nil)
	}
	r := newReader(ctx, b)
	page, err := r.read(body)
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
	if int64(len(text)) > limit {
		return nil, convert.BadSource(fmt.Sprintf("the document has more than %d MiB of text", limit>>20), nil)
	}
	meta, err := metadata(b)
	if err != nil {
		return nil, err
	}
	if _, known := meta["title"]; !known {
		property.Set(meta, "title", markdown.FirstHeading(text))
	}
	doc := &content.Document{Content: text, Metadata: meta}
	if r.hidden > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("Left out of the text: hidden texts (%d).", r.hidden))
	}
	return doc, nil
}

func explain(ctx context.Context, err error) error {
	var told *convert.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &told):
		return err
	case errors.Is(err, errNodes):
		return convert.BadSource("the document has too many parts to be read", err)
	case errors.Is(err, markup.ErrDepth):
		return convert.BadSource("the document is nested too deeply", err)
	}
	return convert.BadSource("the document is damaged: its text cannot be read", err)
}

// metadata reads what the document says about itself.
func metadata(b *archive.Archive) (map[string]any, error) {
	meta := map[string]any{"engine": "odt"}
	raw, err := b.Read("meta.xml")
	if err != nil || raw == nil {
		return meta, err
	}
	var doc struct {
		Meta struct {
			Title       string   `xml:"title"`
			Subject     string   `xml:"subject"`
			Description string   `xml:"description"`
			Language    string   `xml:"language"`
			Author      string   `xml:"initial-creator"`
			Editor      string   `xml:"creator"`
			Created     string   `xml:"creation-date"`
			Modified    string   `xml:"date"`
			Keywords    []string `xml:"keyword"`
			Statistic   struct {
				Pages int `xml:"page-count,attr"`
				Words int `xml:"word-count,attr"`
			} `xml:"document-statistic"`
		} `xml:"meta"`
	}
	if markup.UnmarshalXML(raw, &doc) != nil { // as good as none
		return meta, nil
	}
	m := doc.Meta
	if m.Author == "" {
		m.Author = m.Editor
	}
	for key, value := range map[string]string{
		"title": m.Title, "subject": m.Subject, "description": m.Description, "language": m.Language, "author": m.Author,
		"keywords": property.Join(m.Keywords),
	} {
		property.Set(meta, key, property.Cut(property.Line(value)))
	}
	property.Set(meta, "created", parseDate(m.Created))
	property.Set(meta, "modified", parseDate(m.Modified))
	if m.Statistic.Pages > 0 {
		meta["page_count"] = m.Statistic.Pages
	}
	if m.Statistic.Words > 0 {
		meta["word_count"] = m.Statistic.Words
	}
	return meta, nil
}

// parseDate takes a time without a zone, which most are, for UTC.
func parseDate(value string) string {
	value, _, _ = strings.Cut(value, ",")
	if at := strings.IndexByte(value, '.'); at > 0 { // parts of a second
		value = value[:at] + strings.TrimLeft(value[at+1:], "0123456789")
	}
	return property.Date(value)
}
