package markup

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/convert/document/omission"
)

// invisible elements are never text of the page.
var invisible = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Head: true,
	atom.Iframe: true, atom.Object: true, atom.Embed: true, atom.Svg: true, atom.Canvas: true,
	atom.Video: true, atom.Audio: true, // what is in them is for programs that cannot play them
	atom.Button: true, atom.Input: true, atom.Select: true, atom.Textarea: true, atom.Datalist: true,
}

// Prune removes what a reader of the page would not call its text: scripts, hidden
// parts, navigation, the site's own head and foot. If no text is left without the
// last three, they are the page and stay. What had words or was to be seen is counted.
func Prune(page *html.Node) omission.Counts {
	var left omission.Counts
	writeSigns(page)
	showButtons(page)
	writeForms(page)
	writeTeX(page)
	writeLists(page)
	shapeBlocks(page)
	countInvisible(page, &left)
	removeAll(page, func(n *html.Node) bool { return isInvisible(n) || isHidden(n) })
	left.Add("pictures without a description", cleanAttributes(page))
	loosenLayout(page, false)
	writeRuby(page)
	WriteFormulas(page)
	around := 0
	found := landmarks(page)
	for _, n := range found {
		around += textLength(n)
	}
	if around == textLength(page) {
		return left
	}
	for _, n := range found {
		if HasText(n) {
			left.Add("menus, heads and feet of the page", 1)
		}
		n.Parent.RemoveChild(n)
	}
	return left
}

// isInvisible tells whether an element is never text of a page. A dialog is when it is open.
func isInvisible(n *html.Node) bool {
	return invisible[n.DataAtom] || n.DataAtom == atom.Dialog && !has(n, "open")
}

// played are what elements are called that show what is no text, by their names.
var played = map[atom.Atom]string{
	atom.Video: "recordings", atom.Audio: "recordings", atom.Iframe: "embedded pages", atom.Object: "embedded objects", atom.Embed: "embedded objects",
}

// countInvisible counts the texts that are hidden, once each, and what is played or shown by
// something else than the page.
func countInvisible(n *html.Node, left *omission.Counts) {
	for c := range n.ChildNodes() {
		switch {
		case c.Type != html.ElementNode:
		case played[c.DataAtom] != "" && !isHidden(c):
			left.Add(played[c.DataAtom], 1)
		case isInvisible(c), Attr(c, "aria-hidden") == "true": // as decoration is
		case isHidden(c):
			if HasText(c) {
				left.Add("hidden texts", 1)
			}
		default:
			countInvisible(c, left)
		}
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
	case "navigation", "contentinfo", "search":
		return true
	case "menu", "menubar": // of a site, or of a kitchen
		return 2*linkLength(n) > textLength(n)
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

// minPicture is the least length of a picture that is spelled out in its address: what is
// shorter are dots and lines.
const minPicture = 300

// cleanAttributes takes away addresses that lead nowhere in a text (scripts, and
// pictures spelled out in the address itself, which can be megabytes, and of which
// the description stays), and the spans of tables that would fill the memory. It returns how
// many of the pictures have no description and are not said to be mere decoration.
func cleanAttributes(page *html.Node) int {
	spanned, undescribed := 0, 0
	for n := range page.Descendants() {
		switch n.DataAtom {
		case atom.A:
			if isScheme(Attr(n, "href"), "javascript:") || isScheme(Attr(n, "href"), "data:") {
				n.Attr = nil
			}
		case atom.Img:
			if src := Attr(n, "src"); isScheme(src, "data:") {
				if !has(n, "alt") && len(src) >= minPicture {
					undescribed++
				}
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
	return undescribed
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
