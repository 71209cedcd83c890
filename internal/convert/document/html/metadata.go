package html

import (
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/property"
)

// metadata reads title, language, author and date from a page's head.
func metadata(page *html.Node) map[string]any {
	meta := map[string]any{}
	for n := range page.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Html:
			property.Set(meta, "language", property.Line(markup.Attr(n, "lang")))
		case atom.Title:
			if _, known := meta["title"]; !known && n.FirstChild != nil && n.Namespace == "" {
				property.Set(meta, "title", property.Line(n.FirstChild.Data))
			}
		case atom.Meta:
			readMeta(meta, strings.ToLower(markup.Attr(n, "name")+markup.Attr(n, "property")), markup.Attr(n, "content"))
		}
	}
	return meta
}

func readMeta(meta map[string]any, name, value string) {
	switch name {
	case "author", "dc.creator":
		property.Set(meta, "author", property.Line(value))
	case "article:published_time", "dcterms.created", "dcterms.date", "dc.date", "date":
		for _, layout := range []string{time.RFC3339, time.DateOnly} {
			if t, err := time.Parse(layout, strings.TrimSpace(value)); err == nil {
				meta["created"] = t.UTC().Format(time.RFC3339)
			}
		}
	}
}
