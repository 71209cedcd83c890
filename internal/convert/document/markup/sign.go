package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// These stand for the boxes of a list of tasks until the Markdown is written; they are in
// Unicode's private use area.
const (
	boxDone = "\uE004"
	boxOpen = "\uE005"
)

// writeSigns makes text of what browsers draw: quotation marks, and the boxes of tasks. Any
// other box belongs to a form.
func writeSigns(page *html.Node) {
	var quotes, boxes []*html.Node
	for n := range page.Descendants() {
		switch {
		case n.DataAtom == atom.Q:
			quotes = append(quotes, n)
		case n.DataAtom == atom.Input && Attr(n, "type") == "checkbox" && startsItem(n):
			boxes = append(boxes, n)
		}
	}
	for _, q := range quotes {
		q.InsertBefore(&html.Node{Type: html.TextNode, Data: "“"}, q.FirstChild)
		q.AppendChild(&html.Node{Type: html.TextNode, Data: "”"})
	}
	for _, box := range boxes {
		if has(box, "checked") {
			replaceByText(box, boxDone+" ")
		} else {
			replaceByText(box, boxOpen+" ")
		}
	}
}

// startsItem tells whether nothing stands before a node in the item of a list.
func startsItem(n *html.Node) bool {
	for ; n != nil && n.DataAtom != atom.Li; n = n.Parent {
		for before := n.PrevSibling; before != nil; before = before.PrevSibling {
			if before.Type == html.ElementNode || before.Type == html.TextNode && strings.TrimSpace(before.Data) != "" {
				return false
			}
		}
	}
	return n != nil
}
