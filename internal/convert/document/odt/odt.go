// Package odt makes Markdown of OpenDocument files. The elements of texts (odt) are close to
// those of HTML and become them: body.go walks the text, table.go its tables, style.go knows
// what the styles mean. Presentations (odp) are the same in pages, slide.go; of spreadsheets
// (ods) sheet.go streams the rows, and value.go knows what a cell shows.
package odt

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
	"morag/internal/convert/document/archive"
	"morag/internal/convert/document/markdown"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
)

// kind is one of the formats of OpenDocument.
type kind struct {
	noun   string
	mime   string // without "-template"
	root   string // the element that holds the content
	engine string
	// read makes Markdown of the body and notes what else is known.
	read func(ctx context.Context, r *odtReader, body []byte, meta map[string]any) (string, error)
}

var texts = kind{
	noun: "an OpenDocument text (odt)", mime: "application/vnd.oasis.opendocument.text", root: "text", engine: "odt", read: readText,
}

// Read makes Markdown of an OpenDocument text. Its elements are close to those of
// HTML and become them. Pandoc, which knows the format too, loses the heads of tables,
// lists in cells, text boxes, fields and formulas.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	return texts.open(ctx, src)
}

func (k kind) open(ctx context.Context, src source.File) (*content.Document, error) {
	b, err := archive.OpenFile(src, k.noun)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return k.parse(ctx, b, src.Limits.MaxText)
}

func (k kind) parse(ctx context.Context, b *archive.Archive, limit int64) (*content.Document, error) {
	body, err := k.body(b)
	if err != nil {
		return nil, err
	}
	meta, err := metadata(b)
	if err != nil {
		return nil, err
	}
	meta["engine"] = k.engine
	r := newReader(ctx, b)
	r.root, r.limit = k.root, limit
	text, err := k.read(ctx, r, body, meta)
	if err == nil && int64(len(text)) > limit {
		err = errText
	}
	if err != nil {
		return nil, explain(ctx, err, limit)
	}
	if _, known := meta["title"]; !known {
		property.Set(meta, "title", markdown.FirstHeading(text))
	}
	r.left.Add("hidden texts", r.hidden)
	return &content.Document{Content: text, Metadata: meta, Warnings: append(r.warnings, r.left.Warnings()...)}, nil
}

// body returns the part that holds the content.
func (k kind) body(b *archive.Archive) ([]byte, error) {
	manifest, err := b.Read("META-INF/manifest.xml")
	if err != nil {
		return nil, err
	}
	if bytes.Contains(manifest, []byte("encryption-data")) {
		return nil, convert.BadSource("the document is encrypted; save it without a password", nil)
	}
	if mimeType, err := b.Read("mimetype"); err != nil {
		return nil, err
	} else if mimeType := strings.TrimSpace(string(mimeType)); mimeType != "" && !strings.HasPrefix(mimeType, k.mime) {
		return nil, convert.BadSource(fmt.Sprintf("the file is of the format %.80s and not %s", property.Line(mimeType), k.noun), nil)
	}
	body, err := b.Read("content.xml")
	if err == nil && body == nil {
		err = convert.BadSource("the file is a zip archive but not "+k.noun+": it has no content.xml", nil)
	}
	return body, err
}

// listOfComments is what was remarked on a text, which stands at its end.
func listOfComments(comments []*html.Node) *html.Node {
	list := element(atom.Ul)
	for _, comment := range comments {
		label(comment, "Comment: ")
		item := element(atom.Li)
		item.AppendChild(comment)
		list.AppendChild(item)
	}
	return list
}

// readText reads a text as one page.
func readText(ctx context.Context, r *odtReader, body []byte, _ map[string]any) (string, error) {
	page, err := r.read(body)
	if err != nil {
		return "", err
	}
	if len(r.comments) > 0 {
		page.AppendChild(listOfComments(r.comments))
	}
	text, err := markup.WithNotes(ctx, page)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errMarkdown, err)
	}
	return text, nil
}

func (r *odtReader) warn(format string, values ...any) {
	r.warnings = append(r.warnings, fmt.Sprintf(format, values...))
}

var (
	errMarkdown = errors.New("cannot be made Markdown")
	errText     = errors.New("too much text")
)

func explain(ctx context.Context, err error, limit int64) error {
	var told *convert.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &told):
		return err
	case errors.Is(err, errNodes):
		return convert.BadSource("the document has too many parts to be read", err)
	case errors.Is(err, errText):
		return convert.BadSource(fmt.Sprintf("the document has more than %d MiB of text", limit>>20), err)
	case errors.Is(err, errMarkdown):
		return convert.BadSource("the document cannot be made Markdown", err)
	case errors.Is(err, markup.ErrDepth):
		return convert.BadSource("the document is nested too deeply", err)
	}
	return convert.BadSource("the document is damaged: its text cannot be read", err)
}

// metadata reads what the document says about itself.
func metadata(b *archive.Archive) (map[string]any, error) {
	meta := map[string]any{}
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
