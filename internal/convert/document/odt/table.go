package odt

import (
	"encoding/xml"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/convert/document/markup"
)

// listOf reads a list and those in it. A list without a style has that of the one around
// it.
func (r *odtReader) listOf(parent *html.Node, e xml.StartElement, at odtPlace) error {
	at.level++
	if style := odtAttr(e, "style-name"); style != "" {
		at.list = style
	}
	level := r.lists[at.list][at.level]
	list := element(atom.Ul)
	next := level.start
	if level.numbered {
		list = element(atom.Ol, html.Attribute{Key: "type", Val: level.format})
		if odtAttr(e, "continue-numbering") == "true" && at.level == 1 {
			next = r.lastCount + 1
		}
		if id := odtAttr(e, "continue-list"); id != "" && r.counts[id] > 0 {
			next = r.counts[id] + 1
		}
	}
	first := true
	err := r.each(func(e xml.StartElement) error {
		header := e.Name.Local == "list-header"
		if e.Name.Local != "list-item" && !header {
			return nil
		}
		if start := odtNumber(e, "start-value", -1); start >= 0 && first {
			next = start
		}
		if first && level.numbered && next != 1 {
			list.Attr = append(list.Attr, html.Attribute{Key: "start", Val: strconv.Itoa(next)})
		}
		first = false
		item := element(atom.Li)
		if err := r.append(list, item); err != nil {
			return err
		}
		next++
		return r.blocks(item, at)
	})
	if err != nil {
		return err
	}
	if level.numbered {
		if id := odtAttr(e, "id"); id != "" && len(r.counts) < maxStyles {
			r.counts[id] = next - 1
		}
		if at.level == 1 {
			r.lastCount = next - 1
		}
	}
	return r.placeList(parent, list)
}

// placeList puts a list in its place. Items that are headings are no list: writers
// number their chapters this way. The first paragraph of an item stands beside its mark.
func (r *odtReader) placeList(parent, list *html.Node) error {
	headings := list.FirstChild != nil
	for item := list.FirstChild; item != nil; item = item.NextSibling {
		headings = headings && onlyHeadings(item)
	}
	if !headings {
		for item := list.FirstChild; item != nil; item = item.NextSibling {
			if p := item.FirstChild; p != nil && p.DataAtom == atom.P {
				moveChildren(item, p)
			}
		}
		return r.append(parent, list)
	}
	for item := list.FirstChild; item != nil; item = item.NextSibling {
		for item.FirstChild != nil {
			child := item.FirstChild
			item.RemoveChild(child)
			parent.AppendChild(child)
		}
	}
	return nil
}

func onlyHeadings(item *html.Node) bool {
	for n := item.FirstChild; n != nil; n = n.NextSibling {
		switch n.DataAtom {
		case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		default:
			return false
		}
	}
	return item.FirstChild != nil
}

// moveChildren puts the children of an element in its place.
func moveChildren(parent, old *html.Node) {
	for old.FirstChild != nil {
		child := old.FirstChild
		old.RemoveChild(child)
		parent.InsertBefore(child, old)
	}
	parent.RemoveChild(old)
}

// table reads a table with its head, its groups of rows and what spans cells.
func (r *odtReader) table(parent *html.Node) error {
	table := element(atom.Table)
	head, body := element(atom.Thead), element(atom.Tbody)
	if err := r.rows(head, body); err != nil {
		return err
	}
	if head.FirstChild != nil {
		table.AppendChild(head)
	}
	table.AppendChild(body)
	return r.append(parent, table)
}

func (r *odtReader) rows(head, body *html.Node) error {
	return r.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "table-header-rows":
			return r.rows(head, head)
		case "table-rows", "table-row-group":
			return r.rows(head, body)
		case "table-row":
			return r.row(body, head == body, min(odtNumber(e, "number-rows-repeated", 1), maxRepeat))
		}
		return nil
	})
}

func (r *odtReader) row(body *html.Node, isHead bool, repeated int) error {
	row := element(atom.Tr)
	kind := atom.Td
	if isHead {
		kind = atom.Th
	}
	err := r.each(func(e xml.StartElement) error {
		if e.Name.Local != "table-cell" {
			return nil // a covered one belongs to the cell that spans it
		}
		cell := element(kind)
		for from, to := range map[string]string{"number-columns-spanned": "colspan", "number-rows-spanned": "rowspan"} {
			if n := odtNumber(e, from, 1); n > 1 {
				cell.Attr = append(cell.Attr, html.Attribute{Key: to, Val: strconv.Itoa(min(n, maxRepeat))})
			}
		}
		if err := r.blocks(cell, odtPlace{}); err != nil {
			return err
		}
		text := flatText(cell)
		for range min(odtNumber(e, "number-columns-repeated", 1), maxRepeat) - 1 {
			if err := r.repeat(row, kind, text); err != nil {
				return err
			}
		}
		return r.append(row, cell)
	})
	if err != nil {
		return err
	}
	var texts []string
	for cell := row.FirstChild; cell != nil && repeated > 1; cell = cell.NextSibling {
		texts = append(texts, flatText(cell))
	}
	if !markup.HasText(row) {
		repeated = 1
	}
	for range repeated - 1 {
		again := element(atom.Tr)
		for _, text := range texts {
			if err := r.repeat(again, kind, text); err != nil {
				return err
			}
		}
		body.AppendChild(again)
	}
	return r.append(body, row)
}

// repeat adds a cell with the text of another one.
func (r *odtReader) repeat(row *html.Node, kind atom.Atom, text string) error {
	if r.repeated += int64(len(text)); r.repeated > r.bundle.MaxPart() {
		return errNodes
	}
	cell := element(kind)
	if text != "" {
		cell.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	}
	return r.append(row, cell)
}

// flatText is the text of a cell on one line.
func flatText(cell *html.Node) string { return strings.Join(strings.Fields(markup.Text(cell)), " ") }
