// Package markup turns trees of HTML into Markdown, for pages and for all formats that become
// such trees: tables whose cells hold more than a line, notes, formulas.
package markup

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	htmlcharset "golang.org/x/net/html/charset"

	"morag/internal/content"
	"morag/internal/convert/charset"
)

// Decode obeys the encoding a page declares. UTF-8 and windows-1252 are also what
// is assumed of a page that declares none, and are decided by the bytes like those of
// plain text.
func Decode(raw []byte) (string, error) {
	enc, name, _ := htmlcharset.DetermineEncoding(raw, "")
	if name == "utf-8" || name == "windows-1252" || strings.HasPrefix(name, "utf-16") {
		return charset.Decode(raw)
	}
	return charset.DecodeAs(raw, enc)
}

// Markdown renders a parsed page. The renderer is a stranger's recursion over a
// stranger's file, hence the recover.
func Markdown(ctx context.Context, page *html.Node, url string) (markdown string, err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("html to markdown: %v", failure)
		}
	}()
	unspan(page)
	out, err := converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		joinTexts{},
		finishedTexts{},
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
	return strings.ReplaceAll(cellMarks.Replace(string(bytes.TrimSpace(out))), softHyphen, ""), nil
}
