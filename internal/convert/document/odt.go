package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
)

const odtNoun = "an OpenDocument text (odt)"

// readODT makes Markdown of an OpenDocument text. Its elements are close to those of
// HTML and become them. Pandoc, which knows the format too, loses the heads of tables,
// lists in cells, text boxes, fields and formulas.
func (c *Converter) readODT(ctx context.Context, src content.Source, _ convert.Options) (*content.Document, error) {
	b, err := c.openBundle(src.Path, odtNoun)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return parseODT(ctx, b, c.config.MaxText)
}

func parseODT(ctx context.Context, b *bundle, limit int64) (*content.Document, error) {
	manifest, err := b.read("META-INF/manifest.xml")
	if err != nil {
		return nil, err
	}
	if bytes.Contains(manifest, []byte("encryption-data")) {
		return nil, convert.BadSource("the document is encrypted; save it without a password", nil)
	}
	if kind, err := b.read("mimetype"); err != nil {
		return nil, err
	} else if kind := strings.TrimSpace(string(kind)); kind != "" && !strings.HasPrefix(kind, "application/vnd.oasis.opendocument.text") {
		return nil, convert.BadSource(fmt.Sprintf("the file is of the format %.80s and not %s", printable(kind), odtNoun), nil)
	}
	body, err := b.read("content.xml")
	if err != nil {
		return nil, err
	}
	if body == nil {
		return nil, convert.BadSource("the file is a zip archive but not "+odtNoun+": it has no content.xml", nil)
	}
	r := newODTReader(ctx, b)
	page, err := r.read(body)
	if err != nil {
		return nil, explainODT(ctx, err)
	}
	text, err := withNotes(ctx, page)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the document cannot be made Markdown", err)
	}
	if int64(len(text)) > limit {
		return nil, convert.BadSource(fmt.Sprintf("the document has more than %d MiB of text", limit>>20), nil)
	}
	meta, err := odtMetadata(b)
	if err != nil {
		return nil, err
	}
	if _, known := meta["title"]; !known {
		setText(meta, "title", firstHeading(text))
	}
	return &content.Document{Content: text, Metadata: meta}, nil
}

func explainODT(ctx context.Context, err error) error {
	var told *convert.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &told):
		return err
	case errors.Is(err, errNodes):
		return convert.BadSource("the document has too many parts to be read", err)
	case errors.Is(err, errDepth):
		return convert.BadSource("the document is nested too deeply", err)
	}
	return convert.BadSource("the document is damaged: its text cannot be read", err)
}

// odtMetadata reads what the document says about itself.
func odtMetadata(b *bundle) (map[string]any, error) {
	meta := map[string]any{"engine": "odt"}
	raw, err := b.read("meta.xml")
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
	if unmarshalXML(raw, &doc) != nil { // as good as none
		return meta, nil
	}
	m := doc.Meta
	if m.Author == "" {
		m.Author = m.Editor
	}
	for key, value := range map[string]string{
		"title": m.Title, "subject": m.Subject, "description": m.Description, "language": m.Language, "author": m.Author,
		"keywords": joinValues(m.Keywords),
	} {
		setText(meta, key, cut(printable(value)))
	}
	setText(meta, "created", parseODTDate(m.Created))
	setText(meta, "modified", parseODTDate(m.Modified))
	if m.Statistic.Pages > 0 {
		meta["page_count"] = m.Statistic.Pages
	}
	if m.Statistic.Words > 0 {
		meta["word_count"] = m.Statistic.Words
	}
	return meta, nil
}

// parseODTDate takes a time without a zone, which most are, for UTC.
func parseODTDate(value string) string {
	value, _, _ = strings.Cut(value, ",")
	if at := strings.IndexByte(value, '.'); at > 0 { // parts of a second
		value = value[:at] + strings.TrimLeft(value[at+1:], "0123456789")
	}
	return parseDate(value)
}
