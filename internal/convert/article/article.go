// Package article finds the part of a page that is read: an article without the menus, side
// columns, comments and questions about cookies around it.
package article

import (
	"net/url"
	"strconv"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxElements is how many elements a page may have to be looked at for an article:
// pages of more are none, and judging them takes long.
const maxElements = 30_000

// mark numbers the elements of a page while readability works on a copy of it.
const mark = "data-morag-element"

// Find returns what readability has read of the page, and the element that holds
// the article, nil when the page is none.
//
// readability is trusted to say where the article is, not what belongs to it: it throws
// away tables, lists and code that it takes for clutter. So the element that holds all
// it has kept is taken as the page has it, without what it has dropped and what is
// clutter by its name or its links as well. What is dropped is taken out of the page.
func Find(page *html.Node, base *url.URL) (readability.Article, *html.Node) {
	f := find(page, base)
	if f.holder == nil {
		return f.parsed, nil
	}
	for n := range f.dropped {
		n.Parent.RemoveChild(n)
	}
	return f.parsed, f.holder
}

// found is what was read of a page: the element that holds the article, nil when there is
// none, what readability has kept of it and all that is around that, and what is clutter in it.
type found struct {
	parsed        readability.Article
	holder        *html.Node
	kept, dropped map[*html.Node]bool
}

func find(page *html.Node, base *url.URL) found {
	elements := number(page)
	if len(elements) > maxElements {
		unnumber(elements)
		return found{}
	}
	f := found{parsed: read(page, base), kept: map[*html.Node]bool{}, dropped: map[*html.Node]bool{}}
	unnumber(elements)
	if f.parsed.Node == nil {
		return f
	}
	for n := range f.parsed.Node.Descendants() {
		if i, err := strconv.Atoi(attr(n, mark)); err == nil && i < len(elements) && holdsOwnText(n) {
			for p := elements[i]; p != nil && !f.kept[p]; p = p.Parent {
				f.kept[p] = true
			}
		}
	}
	holder := page
	for {
		only := onlyChild(holder, f.kept)
		if only == nil || holdsOwnText(holder) {
			break
		}
		holder = only
	}
	for holder.Parent != nil && (holder.DataAtom == atom.Tr || holder.DataAtom == atom.Tbody || holder.DataAtom == atom.Td) {
		holder = holder.Parent
	}
	findClutter(holder, f.kept, f.dropped)
	if holdsText(holder, page, f.dropped) {
		f.holder = holder
	}
	return f
}

// read runs readability, which is a stranger's code over a stranger's page, hence the
// recover: what it cannot read is no article.
func read(page *html.Node, base *url.URL) (parsed readability.Article) {
	defer func() {
		if recover() != nil {
			parsed = readability.Article{}
		}
	}()
	parser := readability.NewParser()
	parsed, err := parser.ParseDocument(page, base)
	if err != nil {
		return readability.Article{}
	}
	return parsed
}

// number marks every element with its index in the result.
func number(page *html.Node) []*html.Node {
	var elements []*html.Node
	for n := range page.Descendants() {
		if n.Type == html.ElementNode {
			n.Attr = append(n.Attr, html.Attribute{Key: mark, Val: strconv.Itoa(len(elements))})
			elements = append(elements, n)
		}
	}
	return elements
}

func unnumber(elements []*html.Node) {
	for _, n := range elements {
		n.Attr = n.Attr[:len(n.Attr)-1]
	}
}

func holdsOwnText(n *html.Node) bool {
	for c := range n.ChildNodes() {
		if c.Type == html.TextNode && textLength(c) > 0 {
			return true
		}
	}
	return false
}

// onlyChild is the one child that is kept, nil when there are more or none.
func onlyChild(n *html.Node, kept map[*html.Node]bool) *html.Node {
	var only *html.Node
	for c := range n.ChildNodes() {
		if kept[c] {
			if only != nil {
				return nil
			}
			only = c
		}
	}
	return only
}

// findClutter lists what readability has dropped and a reader would not miss.
func findClutter(n *html.Node, kept, clutter map[*html.Node]bool) {
	for c := range n.ChildNodes() {
		switch {
		case c.Type != html.ElementNode:
		case kept[c]:
			findClutter(c, kept, clutter)
		case isClutter(c):
			clutter[c] = true
		}
	}
}

func isClutter(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Nav, atom.Aside, atom.Footer, atom.Form:
		return true
	case atom.Div, atom.Section, atom.Ul, atom.Ol, atom.Dl, atom.Table:
		links, all := 0, 0
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				all += textLength(d)
				if inLink(d, n) {
					links += textLength(d)
				}
			}
		}
		if 2*links > all {
			return true
		}
	}
	return isBeside(n)
}

// inLink tells whether n is below a link that is below top.
func inLink(n, top *html.Node) bool {
	for ; n != nil && n != top; n = n.Parent {
		if n.DataAtom == atom.A && attr(n, "href") != "" {
			return true
		}
	}
	return false
}
