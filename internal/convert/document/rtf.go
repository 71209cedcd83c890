package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/proc"
)

// readRTF makes Markdown of RTF. Pandoc reads it from a text that is put straight
// before: see [cleanRTF].
func (c *Converter) readRTF(ctx context.Context, src content.Source, _ convert.Options) (*content.Document, error) {
	raw, err := c.readFile(ctx, src.Path)
	if err != nil {
		return nil, err
	}
	plain, meta, err := cleanRTF(ctx, raw)
	if err != nil {
		return nil, explainRTF(ctx, err)
	}
	out, err := c.pandoc(ctx, "rtf", "RTF document", strings.NewReader(plain))
	if err != nil {
		return nil, err
	}
	version, err := proc.Version(ctx, pandoc, "--version")
	if err != nil {
		return nil, fmt.Errorf("read RTF: %w", err)
	}
	page, err := html.Parse(contextReader{ctx, bytes.NewReader(out)})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the document is nested too deeply", err)
	}
	joinLists(page)
	text, err := withNotes(ctx, page)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the document cannot be made Markdown", err)
	}
	meta["engine"] = strings.TrimSpace(pandoc + " " + version)
	if _, known := meta["title"]; !known {
		setText(meta, "title", firstHeading(text))
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
		if before == nil || before.DataAtom != list.DataAtom || attr(list, "type") != attr(before, "type") {
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

func explainRTF(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errRTFEnd):
		return convert.BadSource("the RTF is truncated: its end is missing", err)
	case errors.Is(err, errBinary):
		return convert.BadSource("the RTF is damaged: there is binary data in its text", err)
	case errors.Is(err, errDepth):
		return convert.BadSource("the document is nested too deeply", err)
	}
	return convert.BadSource("the file is not a readable RTF document", err)
}

// rtfInfo gathers what a document says about itself.
type rtfInfo struct {
	texts   map[string]string
	numbers map[string]int
	created time.Time
}

// metadata names it as everywhere.
func (i *rtfInfo) metadata() map[string]any {
	meta := map[string]any{}
	for key, name := range map[string]string{"title": "title", "author": "author", "subject": "subject", "keywords": "keywords", "description": "doccomm"} {
		setText(meta, key, cut(printable(i.texts[name])))
	}
	if !i.created.IsZero() {
		meta["created"] = i.created.Format(time.RFC3339)
	}
	for key, name := range map[string]string{"page_count": "nofpages", "word_count": "nofwords"} {
		if n := i.numbers[name]; n > 0 {
			meta[key] = n
		}
	}
	return meta
}
