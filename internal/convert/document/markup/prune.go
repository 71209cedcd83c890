package markup

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// invisible elements are never text of the page.
var invisible = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Head: true,
	atom.Iframe: true, atom.Object: true, atom.Embed: true, atom.Svg: true, atom.Canvas: true,
	atom.Button: true, atom.Input: true, atom.Select: true, atom.Textarea: true, atom.Dialog: true,
}

// Prune removes what a reader of the page would not call its text: scripts, hidden
// parts, navigation, the site's own head and foot. If no text is left without the
// last three, they are the page and stay.
func Prune(page *html.Node) {
	writeSigns(page)
	writeTeX(page)
	writeLists(page)
	removeAll(page, func(n *html.Node) bool { return invisible[n.DataAtom] || isHidden(n) })
	cleanAttributes(page)
	writeRuby(page)
	WriteFormulas(page)
	around := 0
	found := landmarks(page)
	for _, n := range found {
		around += textLength(n)
	}
	if around == textLength(page) {
		return
	}
	for _, n := range found {
		n.Parent.RemoveChild(n)
	}
}

func removeAll(page *html.Node, condemned func(*html.Node) bool) {
	var found []*html.Node
	for n := range page.Descendants() {
		if n.Type == html.ElementNode && condemned(n) {
			found = append(found, n)
		}
	}
	for _, n := range found {
		n.Parent.RemoveChild(n)
	}
}

func isHidden(n *html.Node) bool {
	if n.DataAtom == atom.Html || n.DataAtom == atom.Body {
		return false // some pages show themselves by script
	}
	style := strings.ReplaceAll(strings.ToLower(Attr(n, "style")), " ", "")
	return has(n, "hidden") || Attr(n, "aria-hidden") == "true" ||
		strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

// landmarks lists the outermost elements that are around the text rather than in it.
// A header or footer is the site's own only outside of articles and sections (HTML,
// 4.3.8 and 4.3.9), and a header with the page's heading belongs to the text.
func landmarks(page *html.Node) []*html.Node {
	heading := map[*html.Node]bool{} // what a heading is in
	for n := range page.Descendants() {
		for p := n; n.DataAtom == atom.H1 && p != nil && !heading[p]; p = p.Parent {
			heading[p] = true
		}
	}
	var found []*html.Node
	var walk func(n *html.Node, inSection bool)
	walk = func(n *html.Node, inSection bool) {
		for c := range n.ChildNodes() {
			isSite := c.DataAtom == atom.Header || c.DataAtom == atom.Footer
			if hasLandmarkRole(c) || isSite && !inSection && !heading[c] {
				found = append(found, c)
			} else {
				walk(c, inSection || isSection(c))
			}
		}
	}
	walk(page, false)
	return found
}

func hasLandmarkRole(n *html.Node) bool {
	switch Attr(n, "role") {
	case "navigation", "contentinfo", "search", "menu", "menubar":
		return true
	}
	return n.DataAtom == atom.Nav
}

func isSection(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Article, atom.Section, atom.Main, atom.Aside:
		return true
	}
	return false
}

// maxSpan is the most table cells that the spans of one page may add together; the
// renderer writes each of them.
const maxSpan = 1 << 16

// cleanAttributes takes away addresses that lead nowhere in a text (scripts, and
// pictures spelled out in the address itself, which can be megabytes, and of which
// the description stays), and the spans of tables that would fill the memory.
func cleanAttributes(page *html.Node) {
	spanned := 0
	for n := range page.Descendants() {
		switch n.DataAtom {
		case atom.A:
			if isScheme(Attr(n, "href"), "javascript:") || isScheme(Attr(n, "href"), "data:") {
				n.Attr = nil
			}
		case atom.Img:
			if isScheme(Attr(n, "src"), "data:") {
				*n = html.Node{
					Type: html.TextNode, Data: Attr(n, "alt"),
					Parent: n.Parent, PrevSibling: n.PrevSibling, NextSibling: n.NextSibling,
				}
			}
		case atom.Td, atom.Th:
			spanned = min(spanned+span(n, "colspan")*span(n, "rowspan")-1, maxSpan+1)
			if spanned > maxSpan {
				n.Attr = nil
			}
		}
	}
}

func isScheme(address, scheme string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(address)), scheme)
}

// span is how many rows or columns a cell takes, between 1 and one more than allowed.
func span(n *html.Node, key string) int {
	value, err := strconv.Atoi(strings.TrimSpace(Attr(n, key)))
	if err != nil && errors.Is(err, strconv.ErrRange) {
		return maxSpan + 1
	}
	return min(max(value, 1), maxSpan+1)
}

func textLength(n *html.Node) int {
	length := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			length += len(strings.TrimSpace(d.Data))
		}
	}
	return length
}

// Attr is an attribute of a node, "" when it has none of that name.
func Attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}
