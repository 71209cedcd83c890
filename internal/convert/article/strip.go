package article

import (
	"slices"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Strip takes out of a page that somebody has saved what is around its article, and returns how
// many parts that were. It takes less than [Find], since a file may be anything: a page that is
// no article stays as it is, and of an article all that is not named or built as clutter.
func Strip(page *html.Node) int {
	if !mayHoldClutter(page) {
		return 0
	}
	intruders := takeOut(findIntruders(page)) // which readability may take for text
	f := find(page, nil)
	if f.holder == nil {
		putBack(intruders)
		return 0
	}
	clutter := map[*html.Node]bool{}
	surround(page, f, clutter)
	parts := 0
	for _, n := range intruders {
		if textBelow(n.node) {
			parts++
		}
	}
	for n := range clutter {
		if textBelow(n) {
			parts++
		}
	}
	for n := range clutter {
		n.Parent.RemoveChild(n)
	}
	return parts
}

// taken is an element that was taken out of its page, and where it stood.
type taken struct{ node, parent, next *html.Node }

func takeOut(nodes []*html.Node) []taken {
	var all []taken
	for _, n := range nodes {
		all = append(all, taken{n, n.Parent, n.NextSibling})
		n.Parent.RemoveChild(n)
	}
	return all
}

// putBack undoes takeOut, the last one first, so that every next sibling is there again.
func putBack(all []taken) {
	for _, t := range slices.Backward(all) {
		t.parent.InsertBefore(t.node, t.next)
	}
}

// mayHoldClutter tells whether anything of a page is named as beside its text.
func mayHoldClutter(page *html.Node) bool {
	for n := range page.Descendants() {
		if n.DataAtom == atom.Aside || n.DataAtom == atom.Nav || n.Type == html.ElementNode && isNamedClutter(n) {
			return true
		}
	}
	return len(findIntruders(page)) > 0
}

// surround lists what is around an article, and in it what is named as beside it.
func surround(n *html.Node, f found, clutter map[*html.Node]bool) {
	for c := range n.ChildNodes() {
		switch {
		case c.Type != html.ElementNode || c.DataAtom == atom.Head:
		case c == f.holder:
			within(c, f.kept, clutter)
		case f.kept[c]:
			surround(c, f, clutter)
		case c.DataAtom != atom.Form && isClutter(c) || isNamedClutter(c):
			clutter[c] = true
		}
	}
}

func within(n *html.Node, kept, clutter map[*html.Node]bool) {
	for c := range n.ChildNodes() {
		switch {
		case c.Type != html.ElementNode:
		case kept[c]:
			within(c, kept, clutter)
		case c.DataAtom == atom.Nav || c.DataAtom == atom.Aside && !inArticle(c) || isNamedClutter(c):
			clutter[c] = true
		}
	}
}

// inArticle tells whether an element stands in what the page itself calls its text.
func inArticle(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == atom.Article || p.DataAtom == atom.Main {
			return true
		}
	}
	return false
}

// isNamedClutter tells whether an element is called after what surrounds articles. What is
// hidden besides is for the converter to leave out.
func isNamedClutter(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "hidden" {
			return false
		}
	}
	return isBeside(n)
}

func textBelow(n *html.Node) bool {
	for d := range n.Descendants() {
		if d.Type == html.TextNode && textLength(d) > 0 {
			return true
		}
	}
	return false
}
