package document

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"morag/internal/content"
	"morag/internal/convert"
)

// readHTML converts a page without what is only there for a browser.
func (c *Converter) readHTML(ctx context.Context, src content.Source, _ convert.Options) (*content.Document, error) {
	raw, err := c.readFile(ctx, src.Path)
	if err != nil {
		return nil, err
	}
	return parseHTML(ctx, raw, src.URL)
}

// parseHTML completes the page's links with url, if there is one.
func parseHTML(ctx context.Context, raw []byte, url string) (*content.Document, error) {
	text, err := decodeHTML(raw)
	if err != nil {
		return nil, convert.BadSource("the HTML file is binary data and not text", err)
	}
	page, err := html.Parse(contextReader{ctx, strings.NewReader(text)})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the HTML is nested too deeply or cannot be read", err)
	}
	meta := htmlMetadata(page)
	prune(page)
	flattenCells(page, false)
	markdown, err := toMarkdown(ctx, page, url)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the HTML cannot be made Markdown", err)
	}
	if _, known := meta["title"]; !known {
		setText(meta, "title", firstHeading(markdown))
	}
	meta["engine"] = "html-to-markdown"
	return &content.Document{Content: markdown, Metadata: meta}, nil
}

// decodeHTML obeys the encoding a page declares. UTF-8 and windows-1252 are also what
// is assumed of a page that declares none, and are decided by the bytes like those of
// plain text.
func decodeHTML(raw []byte) (string, error) {
	enc, name, _ := charset.DetermineEncoding(raw, "")
	if name == "utf-8" || name == "windows-1252" || strings.HasPrefix(name, "utf-16") {
		return decodeText(raw)
	}
	return decode(raw, enc)
}

// toMarkdown renders a parsed page. The renderer is a stranger's recursion over a
// stranger's file, hence the recover.
func toMarkdown(ctx context.Context, page *html.Node, url string) (markdown string, err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("html to markdown: %v", failure)
		}
	}()
	out, err := converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(
			commonmark.WithListEndComment(false),
			commonmark.WithLinkEmptyHrefBehavior(commonmark.LinkBehaviorSkip),
		),
		table.NewTablePlugin(table.WithHeaderPromotion(true), table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal)),
		strikethrough.NewStrikethroughPlugin(),
	)).ConvertNode(page, converter.WithContext(ctx), converter.WithDomain(url))
	if err != nil {
		return "", err
	}
	out = bytes.ReplaceAll(bytes.ToValidUTF8(out, []byte("\uFFFD")), []byte(content.PageBreak), []byte(" "))
	return cellMarks.Replace(string(bytes.TrimSpace(out))), nil
}

// contextReader ends the parsing of a large page when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
