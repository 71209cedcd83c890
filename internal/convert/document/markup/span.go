package markup

import (
	"slices"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxRepeated is the longest text of a cell, in bytes, that is repeated: what is longer is no
// name of rows or columns.
const maxRepeated = 200

// unspan gives cells that take several columns or rows as many cells, since Markdown has no spans
// and what stands under a head must stay under it. What names rows stands in each of them, and
// in the heads what names columns over each of them; the other cells are empty.
func unspan(page *html.Node) {
	sections := map[*html.Node][]*html.Node{}
	var order []*html.Node
	for n := range page.Descendants() {
		if n.DataAtom == atom.Tr && n.Parent != nil {
			if sections[n.Parent] == nil {
				order = append(order, n.Parent)
			}
			sections[n.Parent] = append(sections[n.Parent], n)
		}
	}
	u := &unspanning{left: maxSpan}
	for _, section := range order {
		u.below, u.isHead = nil, section.DataAtom == atom.Table || section.DataAtom == atom.Thead || isFirst(section)
		for _, row := range sections[section] {
			u.row(row)
		}
	}
}

// isFirst tells whether a section of a table has none before it.
func isFirst(section *html.Node) bool {
	for n := section.PrevSibling; n != nil; n = n.PrevSibling {
		if n.DataAtom == atom.Thead || n.DataAtom == atom.Tbody {
			return false
		}
	}
	return true
}

// unspanning is a section of a table while its rows are read.
type unspanning struct {
	isHead bool      // the row names columns: the first one, and those below names that span some
	below  []reached // by column
	left   int       // nodes that may still be added
}

// reached is a cell that a cell above takes, in so many more rows.
type reached struct {
	rows int
	from *html.Node
}

// row adds the cells of a row.
func (u *unspanning) row(row *html.Node) {
	var next []reached
	add := func(before *html.Node, kind atom.Atom, from *html.Node, rows int) {
		cell := &html.Node{Type: html.ElementNode, Data: kind.String(), DataAtom: kind}
		row.InsertBefore(cell, before)
		u.left--
		u.repeat(cell, from)
		next = append(next, reached{rows, from})
	}
	covered := func(before *html.Node) {
		for len(next) < len(u.below) && u.below[len(next)].rows > 0 && u.left > 0 {
			above := u.below[len(next)]
			add(before, atom.Td, above.from, above.rows-1)
		}
	}
	cells, spans := 0, false
	for cell := row.FirstChild; cell != nil; cell = cell.NextSibling {
		if cell.DataAtom != atom.Td && cell.DataAtom != atom.Th {
			continue
		}
		covered(cell)
		columns, rows := span(cell, "colspan"), span(cell, "rowspan")
		cell.Attr = slices.DeleteFunc(cell.Attr, func(a html.Attribute) bool { return a.Key == "colspan" || a.Key == "rowspan" })
		next = append(next, reached{rows - 1, cell})
		cells++
		var named *html.Node // what stands over all of its columns
		if u.isHead && columns > 1 && (cells > 1 || hasCells(cell.NextSibling) || len(next) > 1) {
			named, spans = cell, true
		}
		kind := cell.DataAtom
		for after := cell.NextSibling; columns > 1 && u.left > 0; columns-- {
			add(after, kind, named, rows-1)
			cell = cell.NextSibling
		}
	}
	covered(nil)
	u.below, u.isHead = next, spans || u.isHead && cells == 1 // a title over the table
}

func hasCells(n *html.Node) bool {
	for ; n != nil; n = n.NextSibling {
		if n.DataAtom == atom.Td || n.DataAtom == atom.Th {
			return true
		}
	}
	return false
}

// repeat copies what is in a cell into another one, if that is short.
func (u *unspanning) repeat(cell, from *html.Node) {
	if from == nil {
		return
	}
	nodes, size := 0, 0
	for n := range from.Descendants() {
		nodes++
		if n.Type == html.TextNode {
			size += len(n.Data)
		}
		if size > maxRepeated || nodes > u.left || nodes > maxRepeated {
			return
		}
	}
	u.left -= nodes
	copyInto(cell, from)
}

func copyInto(to, from *html.Node) {
	for c := range from.ChildNodes() {
		n := &html.Node{Type: c.Type, Data: c.Data, DataAtom: c.DataAtom, Namespace: c.Namespace, Attr: slices.Clone(c.Attr)}
		to.AppendChild(n)
		copyInto(n, c)
	}
}
