package xml

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/omission"
	"morag/internal/convert/document/property"
)

// article makes a page of an article of a journal (JATS).
type article struct {
	page *html.Node
	left omission.Counts
}

func readArticle(ctx context.Context, top *html.Node) (*content.Document, error) {
	a := &article{page: element(atom.Body)}
	meta := map[string]any{"engine": "jats"}
	about := at(top, "front/article-meta")
	a.front(about, meta)
	property.Set(meta, "language", property.Cut(property.Line(markup.Attr(top, "lang"))))
	property.Set(meta, "journal", property.Cut(property.Line(line(first(at(top, "front/journal-meta/journal-title-group"), "journal-title")))))
	for _, name := range []string{"body", "back", "floats-group"} {
		a.blocks(a.page, child(top, name), 2)
	}
	for _, name := range []string{"sub-article", "response"} {
		for sub := range children(top, name) {
			title := cmp.Or(line(at(sub, "front-stub/title-group/article-title")), line(at(sub, "front/article-meta/title-group/article-title")), "Part of the article")
			a.heading(a.page, 2, title)
			for _, part := range []string{"body", "back"} {
				a.blocks(a.page, child(sub, part), 3)
			}
		}
	}
	out, err := markup.WithNotes(ctx, a.page)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the article cannot be made Markdown", err)
	}
	return &content.Document{Content: out, Metadata: meta, Warnings: a.left.Warnings()}, nil
}

func element(name atom.Atom, attrs ...html.Attribute) *html.Node {
	return &html.Node{Type: html.ElementNode, Data: name.String(), DataAtom: name, Attr: attrs}
}

func add(parent *html.Node, name atom.Atom) *html.Node {
	n := element(name)
	parent.AppendChild(n)
	return n
}

func addText(parent *html.Node, text string) {
	if text != "" {
		parent.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	}
}

func (a *article) heading(parent *html.Node, level int, text string) {
	if text != "" {
		addText(add(parent, []atom.Atom{atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6}[min(max(level, 1), 6)-1]), text)
	}
}

// front writes the title, who wrote it, and what it is about.
func (a *article) front(about *html.Node, meta map[string]any) {
	if about == nil {
		return
	}
	title := line(at(about, "title-group/article-title"))
	property.Set(meta, "title", property.Cut(property.Line(title)))
	a.heading(a.page, 1, title)
	if subtitle := at(about, "title-group/subtitle"); subtitle != nil {
		a.inline(add(a.page, atom.P), subtitle)
	}
	var names []string
	for group := range children(about, "contrib-group") {
		for contributor := range children(group, "contrib") {
			if kind := markup.Attr(contributor, "contrib-type"); kind == "" || kind == "author" {
				names = append(names, nameOf(contributor))
			}
		}
	}
	authors := property.Join(names)
	property.Set(meta, "author", authors)
	if authors != "" {
		addText(add(a.page, atom.P), authors)
	}
	for date := range children(about, "pub-date") {
		if _, known := meta["created"]; !known {
			property.Set(meta, "created", dateOf(date))
		}
	}
	for id := range children(about, "article-id") {
		if kind := markup.Attr(id, "pub-id-type"); kind == "doi" {
			property.Set(meta, "doi", property.Cut(property.Line(line(id))))
		}
	}
	var words []string
	for group := range children(about, "kwd-group") {
		for word := range children(group, "kwd") {
			words = append(words, line(word))
		}
	}
	property.Set(meta, "keywords", property.Join(words))
	for _, name := range []string{"abstract", "trans-abstract"} {
		for abstract := range children(about, name) {
			a.heading(a.page, 2, cmp.Or(line(child(abstract, "title")), "Abstract"))
			a.blocks(a.page, abstract, 3)
		}
	}
	if joined := property.Join(words); joined != "" {
		addText(add(a.page, atom.P), "Keywords: "+joined)
	}
}

// nameOf is a name in the order in which it is spoken.
func nameOf(n *html.Node) string {
	for _, path := range []string{"name", "name-alternatives/name"} {
		if name := at(n, path); name != nil {
			return strings.TrimSpace(strings.Join(strings.Fields(line(child(name, "prefix"))+" "+line(child(name, "given-names"))+" "+line(child(name, "surname"))+" "+line(child(name, "suffix"))), " "))
		}
	}
	return cmp.Or(line(child(n, "collab")), line(child(n, "string-name")))
}

func dateOf(n *html.Node) string {
	date := line(child(n, "year"))
	for _, name := range []string{"month", "day"} {
		part := line(child(n, name))
		if part == "" {
			break
		}
		date += "-" + fmt.Sprintf("%02s", part)
	}
	return property.Date(date)
}

// blocks writes what stands below each other in an element; level is that of its headings.
func (a *article) blocks(parent, n *html.Node, level int) {
	for c := range children(n, "") {
		a.block(parent, c, level)
	}
}

func (a *article) block(parent, n *html.Node, level int) {
	switch n.Data {
	case "title", "label", "object-id", "sec-meta", "alternatives-title": // written by what they belong to
	case "sec", "app", "ack", "notes", "glossary", "bio", "boxed-text", "statement", "fn-group", "app-group":
		a.section(parent, n, level)
	case "ref-list":
		a.references(parent, n, level)
	case "p":
		a.paragraph(parent, n, level)
	case "list":
		a.list(parent, n, level)
	case "def-list":
		a.terms(parent, n)
	case "disp-quote", "verse-group":
		a.blocks(add(parent, atom.Blockquote), n, level)
	case "verse-line", "attrib":
		a.inline(add(parent, atom.P), n)
	case "preformat", "code":
		addText(add(parent, atom.Pre), markup.Text(n))
	case "table-wrap", "fig", "table-wrap-group", "fig-group", "chem-struct-wrap", "media":
		a.float(parent, n, level)
	case "graphic":
		a.picture(parent, n)
	case "supplementary-material":
		a.left.Add("files that belong to the article", 1)
		a.float(parent, n, level)
	case "fn":
		a.note(n)
	case "disp-formula", "disp-formula-group":
		a.inline(add(parent, atom.P), n)
	default:
		if hasBlocks(n) {
			a.blocks(parent, n, level)
			return
		}
		a.inline(add(parent, atom.P), n)
	}
}

// hasBlocks tells whether an element holds others and no text of its own.
func hasBlocks(n *html.Node) bool {
	found := false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" {
			return false
		}
		found = found || c.Type == html.ElementNode
	}
	return found
}

var sectionNames = map[string]string{"ack": "Acknowledgements", "glossary": "Glossary", "app-group": "", "fn-group": ""}

func (a *article) section(parent, n *html.Node, level int) {
	title := strings.TrimSpace(line(child(n, "label")) + " " + line(child(n, "title")))
	if title = cmp.Or(title, sectionNames[n.Data]); title != "" {
		a.heading(parent, level, title)
		level++
	}
	a.blocks(parent, n, level)
}

var isBlock = map[string]bool{
	"list": true, "def-list": true, "disp-quote": true, "table-wrap": true, "fig": true, "fig-group": true, "preformat": true,
	"code": true, "boxed-text": true, "supplementary-material": true, "disp-formula": true,
}

// paragraph writes a paragraph; lists, tables and figures in it stand behind it.
func (a *article) paragraph(parent, n *html.Node, level int) {
	p := element(atom.P)
	parent.AppendChild(p)
	var behind []*html.Node
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling // a formula is moved
		if c.Type == html.ElementNode && isBlock[c.Data] {
			behind = append(behind, c)
		} else {
			a.inlineNode(p, c)
		}
		c = next
	}
	for _, c := range behind {
		a.block(parent, c, level)
	}
}

func (a *article) list(parent, n *html.Node, level int) {
	kind := atom.Ul
	switch markup.Attr(n, "list-type") {
	case "order", "alpha-lower", "alpha-upper", "roman-lower", "roman-upper":
		kind = atom.Ol
	}
	if title := child(n, "title"); title != nil {
		a.inline(add(add(parent, atom.P), atom.Strong), title)
	}
	list := add(parent, kind)
	for item := range children(n, "list-item") {
		li := add(list, atom.Li)
		for c := range children(item, "") {
			if c.Data == "p" && li.FirstChild == nil { // beside its mark
				a.inline(li, c)
				continue
			}
			a.block(li, c, level)
		}
	}
}

// terms writes a list of terms and what they mean.
func (a *article) terms(parent, n *html.Node) {
	list := add(parent, atom.Ul)
	for item := range children(n, "def-item") {
		li := add(list, atom.Li)
		a.inline(add(li, atom.Strong), child(item, "term"))
		addText(li, ": ")
		for definition := range children(item, "def") {
			for c := range children(definition, "") {
				a.inline(li, c)
			}
		}
	}
}

// float writes a table or a figure below its caption.
func (a *article) float(parent, n *html.Node, level int) {
	caption := child(n, "caption")
	p := element(atom.P)
	if label := line(child(n, "label")); label != "" {
		addText(add(p, atom.Strong), label)
		addText(p, " ")
	}
	if title := child(caption, "title"); title != nil {
		a.inline(p, title)
	}
	if p.FirstChild != nil {
		parent.AppendChild(p)
	}
	a.blocks(parent, caption, level)
	for c := range children(n, "") {
		switch c.Data {
		case "caption", "label", "object-id":
		case "table":
			a.table(parent, c)
		case "alternatives":
			if table := child(c, "table"); table != nil {
				a.table(parent, table)
			} else {
				a.blocks(parent, c, level)
			}
		case "graphic", "inline-graphic":
			a.picture(parent, c)
		case "alt-text", "long-desc":
			a.inline(add(parent, atom.P), c)
		case "table-wrap-foot":
			for note := range c.Descendants() {
				if note.Type == html.ElementNode && note.Data == "p" {
					a.inline(add(parent, atom.P), note)
				}
			}
		default:
			a.block(parent, c, level)
		}
	}
}

func (a *article) picture(parent, n *html.Node) {
	if text := cmp.Or(line(child(n, "alt-text")), line(child(n, "long-desc"))); text != "" {
		addText(add(parent, atom.P), text)
		return
	}
	if n.Parent == nil || child(n.Parent, "alt-text") == nil && child(n.Parent, "caption") == nil {
		a.left.Add("pictures without a description", 1)
	}
}

// table copies a table, which is one of HTML.
func (a *article) table(parent, n *html.Node) {
	table := add(parent, atom.Table)
	var copyRows func(to, from *html.Node)
	copyRows = func(to, from *html.Node) {
		for c := range children(from, "") {
			switch c.Data {
			case "thead", "tbody", "tfoot", "tr":
				copyRows(add(to, c.DataAtom), c)
			case "th", "td":
				cell := add(to, c.DataAtom)
				for _, attr := range c.Attr {
					if attr.Key == "colspan" || attr.Key == "rowspan" {
						cell.Attr = append(cell.Attr, attr)
					}
				}
				a.inline(cell, c)
			}
		}
	}
	copyRows(table, n)
}
