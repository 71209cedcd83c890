package web

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/article"
	"morag/internal/convert/frame"
)

const (
	engine       = "readability"
	engineModule = "codeberg.org/readeck/go-readability/v2"
)

// engineVersion is the version of readability that was built in, "" in tests.
func engineVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == engineModule {
				return strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return ""
}

// convertPage has the main part of a page made Markdown by the converter of HTML
// documents, and puts the page's title over it.
func (c *Converter) convertPage(ctx context.Context, got *fetched, scratch string, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	raw, err := os.ReadFile(got.path)
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	progress(0, "finding the text of the page")
	text, err := decode(raw, got.header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	page, err := html.Parse(contextReader{ctx, strings.NewReader(text)})
	if err != nil {
		return nil, convert.BadSource("the HTML of the page is nested too deeply or cannot be read", err)
	}
	base := completeLinks(page, got.url)
	facts := readFacts(page, base)
	article.DropIntruders(page)
	parsed, main := article.Find(page, base)
	facts.addArticle(parsed)
	path := filepath.Join(scratch, "main.html")
	if err := writeHTML(path, cmp.Or(main, page)); err != nil {
		return nil, err
	}
	src := content.Source{Path: path, Name: got.name, Type: content.Doc, MIME: "text/html", URL: got.url.String()}
	doc, err := c.files.Convert(ctx, src, opt, frame.Part(progress, 0.3, 1))
	if err != nil {
		return nil, err
	}
	facts.language = cmp.Or(facts.language, got.header.Get("Content-Language"))
	if main != nil {
		facts.engine = engine
		doc.Metadata = map[string]any{"language": doc.Metadata["language"]} // the rest would be the fragment's
		if doc.Metadata["language"] == nil {
			delete(doc.Metadata, "language")
		}
	}
	if strings.TrimSpace(doc.Content) == "" {
		doc.Warnings = append(doc.Warnings, "the page holds no text; it may only show it with JavaScript")
	} else {
		doc.Content, facts.title = withTitle(doc.Content, facts.title)
	}
	facts.fill(doc.Metadata)
	doc.Metadata["mime_type"], doc.Metadata["file_size"] = got.mime, got.size
	return doc, nil
}

// decode obeys, in this order, a byte order mark, the HTTP header and the page's own
// declaration. A page without any is UTF-8 if it can be, else windows-1252.
func decode(raw []byte, contentType string) (string, error) {
	enc, name, certain := charset.DetermineEncoding(raw, contentType)
	if name == "utf-8" || !certain && utf8.Valid(raw) {
		return strings.ToValidUTF8(string(bytes.TrimPrefix(raw, []byte("\ufeff"))), "\uFFFD"), nil
	}
	text, err := enc.NewDecoder().Bytes(raw)
	if err != nil {
		return "", convert.BadSource("the page is not text in the encoding it declares", err)
	}
	return strings.ToValidUTF8(string(text), "\uFFFD"), nil
}

func writeHTML(path string, node *html.Node) error {
	var b bytes.Buffer
	b.WriteString(`<!DOCTYPE html><meta charset="utf-8">`)
	if err := html.Render(&b, node); err != nil {
		return convert.BadSource("the HTML of the page cannot be written down", err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("save the page's text: %w", err)
	}
	return nil
}

// contextReader ends the parsing of a large page when its context ends.
type contextReader struct {
	ctx context.Context
	r   *strings.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
