package markup

import (
	"slices"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// unspan gives cells that take several columns or rows as many cells, empty but for the first:
// Markdown has no spans, and what stands under a head must stay under it.
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
	left := maxSpan
	for _, section := range order {
		var below []int // rows that a cell above takes, by column
		for _, row := range sections[section] {
			below = unspanRow(row, below, &left)
		}
	}
}

// unspanRow adds the cells of a row, and returns how many more rows those in it take.
func unspanRow(row *html.Node, below []int, left *int) []int {
	var next []int
	empty := func(before *html.Node, kind atom.Atom, rows int) {
		row.InsertBefore(&html.Node{Type: html.ElementNode, Data: kind.String(), DataAtom: kind}, before)
		next = append(next, rows)
		*left--
	}
	covered := func(before *html.Node) {
		for len(next) < len(below) && below[len(next)] > 0 && *left > 0 {
			empty(before, atom.Td, below[len(next)]-1)
		}
	}
	for cell := row.FirstChild; cell != nil; cell = cell.NextSibling {
		if cell.DataAtom != atom.Td && cell.DataAtom != atom.Th {
			continue
		}
		covered(cell)
		columns, rows := span(cell, "colspan"), span(cell, "rowspan")
		cell.Attr = slices.DeleteFunc(cell.Attr, func(a html.Attribute) bool { return a.Key == "colspan" || a.Key == "rowspan" })
		next = append(next, rows-1)
		for after := cell.NextSibling; columns > 1 && *left > 0; columns-- {
			empty(after, cell.DataAtom, rows-1)
			cell = cell.NextSibling
		}
	}
	covered(nil)
	return next
}
