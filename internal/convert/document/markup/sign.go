package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/convert/document/dingbat"
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
	var quotes, boxes, plain []*html.Node
	for n := range page.Descendants() {
		switch {
		case n.DataAtom == atom.Q:
			quotes = append(quotes, n)
		case n.DataAtom == atom.Input && Attr(n, "type") == "checkbox" && startsItem(n):
			boxes = append(boxes, n)
		case isUnmarked(n):
			plain = append(plain, n)
		case n.Type == html.TextNode:
			if font := fontOf(n.Parent); dingbat.Known(font) {
				n.Data = dingbat.Text(font, n.Data)
			}
		}
	}
	for _, n := range plain {
		unwrap(n)
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

// isUnmarked tells whether an element for an emphasis says that it has none, as what is copied
// from Google Docs does.
func isUnmarked(n *html.Node) bool {
	style := strings.ReplaceAll(strings.ToLower(Attr(n, "style")), " ", "")
	switch n.DataAtom {
	case atom.B, atom.Strong:
		return strings.Contains(style, "font-weight:normal") || strings.Contains(style, "font-weight:400")
	case atom.I, atom.Em:
		return strings.Contains(style, "font-style:normal")
	}
	return false
}

// unwrap puts what an element holds in its place.
func unwrap(n *html.Node) {
	for n.FirstChild != nil {
		child := n.FirstChild
		n.RemoveChild(child)
		n.Parent.InsertBefore(child, n)
	}
	n.Parent.RemoveChild(n)
}

// fontOf is the font that an element names for its text, "" for none.
func fontOf(n *html.Node) string {
	if n == nil {
		return ""
	}
	if n.DataAtom == atom.Font {
		return Attr(n, "face")
	}
	for declaration := range strings.SplitSeq(Attr(n, "style"), ";") {
		key, value, _ := strings.Cut(declaration, ":")
		if strings.EqualFold(strings.TrimSpace(key), "font-family") {
			return strings.TrimSpace(value)
		}
	}
	return ""
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
