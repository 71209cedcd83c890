package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// shapeBlocks makes what browsers set as blocks of their own such: the line that opens details,
// the caption of a table, which stands before it, the words of a drawing, and the cells of
// tables that only lay out a page.
func shapeBlocks(page *html.Node) {
	var captions, drawings []*html.Node
	for n := range page.Descendants() {
		switch n.DataAtom {
		case atom.Summary:
			n.Data, n.DataAtom = atom.Div.String(), atom.Div
		case atom.Caption:
			captions = append(captions, n)
		case atom.Svg:
			drawings = append(drawings, n)
		}
	}
	for _, n := range captions {
		before(tableOf(n), n)
	}
	for _, n := range drawings {
		if words := drawnWords(n); words != "" {
			box := &html.Node{Type: html.ElementNode, Data: atom.Div.String(), DataAtom: atom.Div}
			box.AppendChild(&html.Node{Type: html.TextNode, Data: words})
			n.Parent.InsertBefore(box, n)
		}
	}
}

func tableOf(n *html.Node) *html.Node {
	for n != nil && n.DataAtom != atom.Table {
		n = n.Parent
	}
	return n
}

// before moves a caption out of its table as a paragraph.
func before(table, caption *html.Node) {
	if table == nil || table.Parent == nil {
		return
	}
	caption.Parent.RemoveChild(caption)
	caption.Data, caption.DataAtom = atom.Div.String(), atom.Div
	table.Parent.InsertBefore(caption, table)
}

// drawnWords are the texts of a drawing (SVG) in the order in which they stand in it.
func drawnWords(svg *html.Node) string {
	var words []string
	for n := range svg.Descendants() {
		if n.Type == html.ElementNode && n.Data == "text" && !isInText(n, svg) && !isHidden(n) {
			words = append(words, strings.Fields(Text(n))...)
		}
	}
	return strings.Join(words, " ")
}

func isInText(n, top *html.Node) bool {
	for p := n.Parent; p != nil && p != top; p = p.Parent {
		if p.Data == "text" {
			return true
		}
	}
	return false
}

// loosenLayout makes blocks of the tables that lay out pages, whose cells would run together
// as one line.
func loosenLayout(n *html.Node, inLayout bool) {
	for c := range n.ChildNodes() {
		isPart := inLayout
		switch c.DataAtom {
		case atom.Table:
			inside := !isData(c)
			loosenLayout(c, inside)
			isPart = inside
		case atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr, atom.Td, atom.Th:
			loosenLayout(c, inLayout)
		default:
			loosenLayout(c, inLayout)
			isPart = false
		}
		if isPart {
			c.Data, c.DataAtom, c.Attr = atom.Div.String(), atom.Div, nil
		}
	}
}
