package xml

import (
	"bytes"
	"cmp"
	"context"
	"net/mail"
	"strings"
	"time"

	"golang.org/x/net/html"

	"morag/internal/content"
	"morag/internal/convert/charset"
	pages "morag/internal/convert/document/html"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/property"
)

// readFeed makes a section of each entry of a feed: RSS of any version, or Atom.
func readFeed(ctx context.Context, top *html.Node, limit int64) (*content.Document, error) {
	about := top // what says something of the whole
	if channel := child(top, "channel"); channel != nil {
		about = channel
	}
	meta := map[string]any{"engine": "feed"}
	property.Set(meta, "title", plainText(first(about, "title")))
	property.Set(meta, "author", property.Join(people(about)))
	property.Set(meta, "language", property.Cut(property.Line(cmp.Or(line(first(about, "language")), markup.Attr(top, "lang")))))
	property.Set(meta, "created", published(about))
	property.Set(meta, "link", link(about))
	var out strings.Builder
	if title, known := meta["title"].(string); known {
		out.WriteString("# " + title)
	}
	intro, err := text(ctx, longest(about, "description", "subtitle", "tagline"), "")
	if err != nil {
		return nil, err
	}
	paragraph(&out, intro)
	entries := 0
	for _, parent := range []*html.Node{about, top} {
		for n := range children(parent, "") {
			if n.Data != "item" && n.Data != "entry" {
				continue
			}
			entries++
			if err := entry(ctx, &out, n); err != nil {
				return nil, err
			}
			if int64(out.Len()) > limit {
				return nil, tooLong(limit)
			}
		}
		if parent == top || about == top {
			break
		}
	}
	meta["entries"] = entries
	return &content.Document{Content: out.String(), Metadata: meta}, nil
}

// entry writes an entry: its title as a heading, what is known of it as a list, its text.
func entry(ctx context.Context, out *strings.Builder, n *html.Node) error {
	title := plainText(first(n, "title"))
	if title == "" {
		title = "Entry"
	}
	paragraph(out, "## "+title)
	address := link(n)
	var facts []string
	for _, fact := range [][2]string{
		{"Date", published(n)}, {"Author", property.Join(people(n))}, {"Link", address},
		{"Categories", property.Join(categories(n))}, {"Enclosure", enclosure(n)},
	} {
		if fact[1] != "" {
			facts = append(facts, "- "+fact[0]+": "+fact[1])
		}
	}
	paragraph(out, strings.Join(facts, "\n"))
	body, err := text(ctx, longest(n, "encoded", "content", "description", "summary"), address)
	if err != nil {
		return err
	}
	paragraph(out, body)
	return nil
}

func paragraph(out *strings.Builder, text string) {
	if text == "" {
		return
	}
	if out.Len() > 0 {
		out.WriteString("\n\n")
	}
	out.WriteString(text)
}

// isForeign tells elements of additions to a feed that are called like its own ones: a title
// of a picture is none of the entry.
func isForeign(n *html.Node) bool {
	return strings.Contains(n.Namespace, "search.yahoo.com/mrss") || strings.Contains(n.Namespace, "itunes.com") || strings.Contains(n.Namespace, "podcast") ||
		n.Namespace == "media" || n.Namespace == "itunes"
}

// first is the first element of a feed's own that has one of the names.
func first(n *html.Node, names ...string) *html.Node {
	for _, name := range names {
		for c := range children(n, name) {
			if !isForeign(c) {
				return c
			}
		}
	}
	return nil
}

// longest is that of the elements which says most: many feeds give the beginning and the
// whole text.
func longest(n *html.Node, names ...string) *html.Node {
	var best *html.Node
	for _, name := range names {
		if c := first(n, name); c != nil && (best == nil || len(markup.Text(c)) > len(markup.Text(best))) {
			best = c
		}
	}
	return best
}

// text makes Markdown of a text of a feed, which may be HTML inside of the XML.
func text(ctx context.Context, n *html.Node, address string) (string, error) {
	if n == nil {
		return "", nil
	}
	page := markup.Text(n)
	switch {
	case child(n, "") != nil: // XHTML that is no text of its own
		var b bytes.Buffer
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if err := html.Render(&b, c); err != nil {
				break // a name that no element of a page can have
			}
		}
		page = b.String()
	case markup.Attr(n, "type") == "text" || !strings.ContainsAny(page, "<&"):
		return strings.TrimSpace(charset.CleanLines(page)), nil
	}
	doc, err := pages.Parse(ctx, []byte("\uFEFF"+page), address)
	if err != nil {
		return "", err
	}
	return doc.Content, nil
}

// plainText is a title without the HTML that may be in it.
func plainText(n *html.Node) string {
	if n == nil {
		return ""
	}
	value := line(n)
	if strings.ContainsAny(value, "<&") {
		if page, err := html.Parse(strings.NewReader(value)); err == nil {
			value = line(page)
		}
	}
	return property.Cut(property.Line(value))
}

// published is when something came out, as RFC 3339 in UTC; "" when that is not told.
func published(n *html.Node) string {
	value := line(first(n, "pubdate", "published", "issued", "date", "updated", "modified", "lastbuilddate"))
	if at, err := mail.ParseDate(value); err == nil {
		return at.UTC().Format(time.RFC3339)
	}
	return property.Date(value)
}

// people are the authors, without their addresses where they have names.
func people(n *html.Node) []string {
	var names []string
	for c := range children(n, "") {
		if c.Data != "author" && c.Data != "creator" || isForeign(c) {
			continue
		}
		name := line(c)
		if person := child(c, "name"); person != nil {
			name = line(person)
		} else if _, rest, found := strings.Cut(name, " ("); found && strings.Contains(name, "@") { // "a@b (Ann)"
			name = strings.TrimSuffix(rest, ")")
		}
		names = append(names, name)
	}
	return names
}

func categories(n *html.Node) []string {
	var names []string
	for c := range children(n, "") {
		if (c.Data == "category" || c.Data == "subject") && !isForeign(c) {
			names = append(names, cmp.Or(line(c), markup.Attr(c, "label"), markup.Attr(c, "term")))
		}
	}
	return names
}

// link is the address of the page that an entry or a feed is about, "" for none that leads
// outside.
func link(n *html.Node) string {
	best := ""
	for c := range children(n, "link") {
		relation := markup.Attr(c, "rel")
		address := strings.TrimSpace(cmp.Or(markup.Attr(c, "href"), line(c)))
		if (relation == "" || relation == "alternate") && best == "" && markup.IsOutside(address) {
			best = property.Cut(property.Line(address))
		}
	}
	return best
}

func enclosure(n *html.Node) string {
	for c := range children(n, "enclosure") {
		if address := markup.Attr(c, "url"); markup.IsOutside(address) {
			return property.Cut(property.Line(address))
		}
	}
	return ""
}
