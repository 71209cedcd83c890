package xml

import (
	"cmp"
	"context"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/omission"
	"morag/internal/convert/document/property"
)

// book makes a page of a book (FictionBook).
type book struct {
	page  *html.Node
	notes map[string]bool // names of what is a note
	left  omission.Counts
}

func readBook(ctx context.Context, top *html.Node) (*content.Document, error) {
	b := &book{page: element(atom.Body), notes: map[string]bool{}}
	meta := map[string]any{"engine": "fictionbook"}
	title := b.front(at(top, "description/title-info"), meta)
	for body := range children(top, "body") {
		if named := child(body, "title"); line(named) == title && named != nil {
			body.RemoveChild(named) // it stands there already
		}
		b.findNotes(body)
	}
	for body := range children(top, "body") {
		b.section(b.page, body, 1)
	}
	out, err := markup.WithNotes(ctx, b.page)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.BadSource("the book cannot be made Markdown", err)
	}
	return &content.Document{Content: out, Metadata: meta, Warnings: b.left.Warnings()}, nil
}

// front writes what the book says of itself and returns its title.
func (b *book) front(about *html.Node, meta map[string]any) string {
	title := line(child(about, "book-title"))
	var authors []string
	for author := range children(about, "author") {
		authors = append(authors, personOf(author))
	}
	property.Set(meta, "title", property.Cut(property.Line(title)))
	property.Set(meta, "author", property.Join(authors))
	property.Set(meta, "language", property.Cut(property.Line(line(child(about, "lang")))))
	property.Set(meta, "keywords", property.Cut(property.Line(line(child(about, "keywords")))))
	if date := child(about, "date"); date != nil {
		property.Set(meta, "created", cmp.Or(property.Date(markup.Attr(date, "value")), property.Date(line(date))))
	}
	if title != "" {
		addText(add(b.page, atom.H1), title)
	}
	if joined := property.Join(authors); joined != "" {
		addText(add(b.page, atom.P), joined)
	}
	b.blocks(b.page, child(about, "annotation"), 1)
	return title
}

// personOf is a name in the order in which it is spoken.
func personOf(n *html.Node) string {
	var names []string
	for _, part := range []string{"first-name", "middle-name", "last-name"} {
		if name := line(child(n, part)); name != "" {
			names = append(names, name)
		}
	}
	return cmp.Or(strings.Join(names, " "), line(child(n, "nickname")))
}

// findNotes remembers the sections that are notes: those that the text refers to as such.
func (b *book) findNotes(body *html.Node) {
	for n := range body.Descendants() {
		if n.Data == "a" && markup.Attr(n, "type") == "note" {
			b.notes[strings.TrimPrefix(markup.Attr(n, "href"), "#")] = true
		}
	}
}

// section writes a section below its title, which is as deep as the section.
func (b *book) section(parent, n *html.Node, level int) {
	if id := markup.Attr(n, "id"); n.Data == "section" && b.notes[id] {
		if title := child(n, "title"); title != nil {
			n.RemoveChild(title) // the number of the note
		}
		note := element(atom.Aside, html.Attribute{Key: "id", Val: id})
		parent.AppendChild(note)
		b.blocks(note, n, 6)
		return
	}
	if title := child(n, "title"); title != nil && b.hasText(n) {
		heading := add(parent, []atom.Atom{atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6}[min(level, 6)-1])
		b.lines(heading, title)
		if n.Data == "section" {
			level++
		}
	}
	b.blocks(parent, n, level)
}

// hasText tells whether a part of the book holds more than notes, which go to the end.
func (b *book) hasText(n *html.Node) bool {
	for c := range children(n, "") {
		if c.Data != "title" && !b.notes[markup.Attr(c, "id")] {
			return true
		}
	}
	return false
}

// lines writes the paragraphs of a title as one line.
func (b *book) lines(parent, title *html.Node) {
	for c := range children(title, "") {
		if parent.FirstChild != nil {
			addText(parent, " ")
		}
		b.inline(parent, c)
	}
}

// blocks writes what stands below each other in an element.
func (b *book) blocks(parent, n *html.Node, level int) {
	var list listing
	for c := range children(n, "") {
		if c.Data == "p" {
			b.paragraph(parent, c, &list)
			continue
		}
		list = listing{}
		b.block(parent, c, level)
	}
}

func (b *book) block(parent, n *html.Node, level int) {
	switch n.Data {
	case "title": // written by what it belongs to
	case "section":
		b.section(parent, n, level)
	case "subtitle":
		if !strings.ContainsFunc(line(n), isLetterOrDigit) { // as stars between two scenes
			add(parent, atom.Hr)
			return
		}
		b.inline(add(add(parent, atom.P), atom.Strong), n)
	case "cite", "epigraph":
		b.blocks(add(parent, atom.Blockquote), n, level)
	case "poem":
		if title := child(n, "title"); title != nil {
			b.lines(add(add(parent, atom.P), atom.Strong), title)
		}
		b.blocks(parent, n, level)
	case "stanza":
		b.stanza(parent, n)
	case "image":
		b.picture(add(parent, atom.P), n)
	case "table":
		b.table(parent, n)
	case "annotation":
		b.blocks(parent, n, level)
	case "empty-line":
	default:
		b.inline(add(parent, atom.P), n)
	}
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// stanza writes verses as lines of one paragraph.
func (b *book) stanza(parent, n *html.Node) {
	p := element(atom.P)
	for c := range children(n, "") {
		if c.Data == "title" || c.Data == "subtitle" {
			b.lines(add(add(parent, atom.P), atom.Strong), c)
			continue
		}
		if p.FirstChild != nil {
			add(p, atom.Br)
		}
		b.inline(p, c)
	}
	parent.AppendChild(p)
}

// listing is the list or the program that paragraphs make which follow each other: the format
// has neither, so that programs write their marks as text.
type listing struct {
	lists  []*html.Node // from the outermost to the one that goes on
	number int          // the last one of a list that counts
	code   *html.Node
}

var (
	bullets = regexp.MustCompile(`^[\s\x{A0}]*(?:[•◦▪‣][\s\x{A0}]+)+`)
	counted = regexp.MustCompile(`^[\s\x{A0}]*(\d{1,3})[.)][\s\x{A0}]+`)
)

func (b *book) paragraph(parent, n *html.Node, list *listing) {
	if isCode(n) && (list.code != nil || isCode(nextElement(n))) {
		b.code(parent, child(n, "code"), list)
		return
	}
	list.code = nil
	first := n.FirstChild
	if first == nil || first.Type != html.TextNode {
		*list = listing{}
	} else if mark := bullets.FindString(first.Data); mark != "" {
		first.Data = first.Data[len(mark):]
		b.inline(list.item(parent, len(strings.Fields(mark)), atom.Ul), n)
		return
	} else if number := counted.FindStringSubmatch(first.Data); number != nil && b.counts(n, number[1], list) {
		first.Data = first.Data[len(number[0]):]
		b.inline(list.item(parent, 1, atom.Ol), n)
		return
	}
	*list = listing{}
	b.inline(add(parent, atom.P), n)
}

// isCode tells a line of a program: a paragraph that is nothing else.
func isCode(n *html.Node) bool {
	return n != nil && n.Data == "p" && child(n, "code") != nil && strings.TrimSpace(markup.Text(n)) == strings.TrimSpace(markup.Text(child(n, "code")))
}

func nextElement(n *html.Node) *html.Node {
	for n = n.NextSibling; n != nil && n.Type != html.ElementNode; {
		n = n.NextSibling
	}
	return n
}

// counts tells whether a number goes on with a list, or begins one: the next paragraph counts on.
func (b *book) counts(n *html.Node, number string, list *listing) bool {
	value, err := strconv.Atoi(number)
	isNext := list.number > 0 && value == list.number+1
	if !isNext {
		next := nextElement(n)
		isNext = value == 1 && next != nil && next.Data == "p" && strings.HasPrefix(line(next), "2")
	}
	if err == nil && isNext {
		list.number = value
	}
	return err == nil && isNext
}

// item adds an item to the list of a depth.
func (l *listing) item(parent *html.Node, depth int, kind atom.Atom) *html.Node {
	depth = min(depth, len(l.lists)+1)
	if depth <= len(l.lists) && l.lists[depth-1].DataAtom != kind {
		l.lists = l.lists[:depth-1]
	}
	l.lists = l.lists[:min(depth, len(l.lists))]
	if len(l.lists) < depth {
		if depth > 1 {
			parent = l.lists[depth-2].LastChild
		}
		l.lists = append(l.lists, add(parent, kind))
	}
	if kind == atom.Ul {
		l.number = 0
	}
	return add(l.lists[depth-1], atom.Li)
}

// code writes a line of a program.
func (b *book) code(parent, n *html.Node, list *listing) {
	if list.code == nil {
		*list = listing{code: add(parent, atom.Pre)}
	} else {
		addText(list.code, "\n")
	}
	addText(list.code, markup.Text(n))
}

func (b *book) picture(parent, n *html.Node) {
	if text := strings.TrimSpace(cmp.Or(markup.Attr(n, "alt"), markup.Attr(n, "title"))); text != "" {
		addText(parent, text)
		return
	}
	b.left.Add("pictures without a description", 1)
}

// table copies a table, which is one of HTML.
func (b *book) table(parent, n *html.Node) {
	table := add(parent, atom.Table)
	for row := range children(n, "tr") {
		tr := add(table, atom.Tr)
		for c := range children(row, "") {
			if c.Data != "th" && c.Data != "td" {
				continue
			}
			cell := add(tr, c.DataAtom)
			for _, attr := range c.Attr {
				if attr.Key == "colspan" || attr.Key == "rowspan" {
					cell.Attr = append(cell.Attr, attr)
				}
			}
			b.inline(cell, c)
		}
	}
}

var bookNames = map[string]atom.Atom{
	"strong": atom.Strong, "emphasis": atom.Em, "sup": atom.Sup, "sub": atom.Sub, "code": atom.Code, "strikethrough": atom.S,
}

// inline writes the text of an element.
func (b *book) inline(parent, n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			addText(parent, c.Data)
		case c.Data == "image":
			b.picture(parent, c)
		case c.Data == "a":
			b.link(parent, c)
		case bookNames[c.Data] != 0:
			b.inline(add(parent, bookNames[c.Data]), c)
		default:
			b.inline(parent, c)
		}
	}
}

func (b *book) link(parent, n *html.Node) {
	address := markup.Attr(n, "href")
	link := element(atom.A, html.Attribute{Key: "href", Val: address})
	switch {
	case markup.Attr(n, "type") == "note":
		link.Attr = append(link.Attr, html.Attribute{Key: "role", Val: "doc-noteref"})
	case !markup.IsOutside(address):
		b.inline(parent, n)
		return
	}
	b.inline(link, n)
	parent.AppendChild(link)
}
