package xml

import (
	"cmp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// references writes what the article refers to, with the labels that it uses.
func (a *article) references(parent, n *html.Node, level int) {
	a.heading(parent, level, cmp.Or(line(child(n, "title")), "References"))
	list := add(parent, atom.Ul)
	for c := range children(n, "") {
		if c.Data == "ref-list" {
			a.references(parent, c, level+1)
			continue
		}
		if c.Data != "ref" {
			continue
		}
		text := reference(c)
		if label := line(child(c, "label")); label != "" {
			text = strings.TrimSuffix(label, ".") + ". " + text
		}
		addText(add(list, atom.Li), text)
	}
}

// reference is a reference as text. Some are parted into fields without the signs between.
func reference(n *html.Node) string {
	for d := range n.Descendants() {
		switch d.Data {
		case "mixed-citation", "citation", "nlm-citation":
			if strings.TrimSpace(line(d)) != "" && !hasBlocks(d) {
				return line(d)
			}
		}
	}
	var fields []string
	for d := range n.Descendants() {
		if d.Type != html.ElementNode || d.Data == "label" {
			continue
		}
		switch d.Data {
		case "name":
			fields = append(fields, strings.TrimSpace(line(child(d, "surname"))+" "+line(child(d, "given-names"))))
		case "collab", "year", "article-title", "chapter-title", "source", "volume", "issue", "publisher-name", "publisher-loc", "pub-id", "uri", "edition", "comment":
			fields = append(fields, line(d))
		case "fpage":
			pages := line(d)
			if last := line(first(d.Parent, "lpage")); last != "" {
				pages += "–" + last
			}
			fields = append(fields, pages)
		}
	}
	if len(fields) == 0 {
		return line(n)
	}
	return strings.Join(fields, ". ")
}
