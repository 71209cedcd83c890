package markup

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// These stand in a text until the Markdown is written; they are in Unicode's private
// use area.
const (
	// lineBreak is a line break in the cell of a table: Markdown has only <br> for it.
	lineBreak = "\uE002"
	// markSign precedes a list mark that is not to be escaped.
	markSign = "\uE003"
)

var cellMarks = strings.NewReplacer(lineBreak, "<br>", markSign, "", boxDone, "[x]", boxOpen, "[ ]")

// FlattenCells makes lines of what is in the cells of tables, paragraphs and lists, since
// a Markdown table holds nothing else. Tables around other tables or headings are there
// for the look of a page and stay as they are, unless all are to be flattened.
func FlattenCells(page *html.Node, all bool) {
	var tables []*html.Node
	for n := range page.Descendants() {
		if n.DataAtom == atom.Table && !inTable(n) && (all || isData(n)) {
			tables = append(tables, n)
		}
	}
	for _, table := range tables {
		var cells []*html.Node
		for n := range table.Descendants() {
			if (n.DataAtom == atom.Td || n.DataAtom == atom.Th) && !inCell(n, table) {
				cells = append(cells, n)
			}
		}
		for _, cell := range cells {
			flattenCell(cell)
		}
	}
}

func inTable(n *html.Node) bool { return inCell(n, nil) }

// inCell tells whether a node is in a cell below the top.
func inCell(n, top *html.Node) bool {
	for p := n.Parent; p != top && p != nil; p = p.Parent {
		if p.DataAtom == atom.Td || p.DataAtom == atom.Th {
			return true
		}
	}
	return false
}

// isData tells a table of data from one that lays out a page.
func isData(table *html.Node) bool {
	if role := Attr(table, "role"); role == "presentation" || role == "none" {
		return false
	}
	if hasHead(table) {
		return true
	}
	for n := range table.Descendants() {
		switch n.DataAtom {
		case atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre:
			return false
		}
	}
	return true
}

// hasHead tells whether the first row of a table has head cells.
func hasHead(table *html.Node) bool {
	row := table.FirstChild
	for row != nil && row.DataAtom != atom.Tr {
		switch row.DataAtom {
		case atom.Thead, atom.Tbody:
			row = row.FirstChild
		default:
			row = row.NextSibling
		}
	}
	if row == nil {
		return false
	}
	for cell := range row.ChildNodes() {
		if cell.DataAtom == atom.Th {
			return true
		}
	}
	return false
}

// flattenCell replaces what is in a cell by lines.
func flattenCell(cell *html.Node) {
	l := &cellLines{}
	l.add(cell)
	l.end()
	for cell.FirstChild != nil {
		cell.RemoveChild(cell.FirstChild)
	}
	for _, n := range l.nodes {
		cell.AppendChild(n)
	}
}

// cellLines collects inline nodes with line breaks between them.
type cellLines struct {
	nodes []*html.Node
	// What the next text has before it.
	broken bool
	prefix string
	join   string // instead of a line break
	seen   bool
}

// end ends the line, if it has any text.
func (l *cellLines) end() { l.broken = l.seen }

func (l *cellLines) add(parent *html.Node) {
	number := firstNumber(parent)
	var next *html.Node
	for n := parent.FirstChild; n != nil; n = next {
		next = n.NextSibling
		switch n.DataAtom {
		case atom.Br:
			l.end()
		case atom.P, atom.Div, atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd, atom.Blockquote, atom.Section, atom.Article,
			atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Thead, atom.Tbody, atom.Tfoot, atom.Caption, atom.Aside, atom.Figure:
			l.end()
			l.add(n)
			l.end()
		case atom.Li:
			l.end()
			l.prefix = markSign + "- "
			if parent.DataAtom == atom.Ol {
				l.prefix = markSign + strconv.Itoa(number) + ". "
				number++
			}
			l.add(n)
			l.end()
		case atom.Pre:
			l.end()
			l.code(n)
			l.end()
		case atom.Tr:
			l.end()
			l.row(n)
			l.end()
		case atom.Hr:
		default:
			parent.RemoveChild(n)
			l.inline(n)
		}
	}
}

// row joins the cells of a table that is inside the cell.
func (l *cellLines) row(tr *html.Node) {
	first := true
	for n := tr.FirstChild; n != nil; n = n.NextSibling {
		if n.DataAtom != atom.Td && n.DataAtom != atom.Th {
			continue
		}
		if !first && textLength(n) > 0 {
			l.join = ", "
		}
		first = first && textLength(n) == 0
		l.add(n)
	}
}

// code adds the lines of a program.
func (l *cellLines) code(pre *html.Node) {
	for line := range strings.SplitSeq(Text(pre), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		code := &html.Node{Type: html.ElementNode, Data: atom.Code.String(), DataAtom: atom.Code}
		code.AppendChild(&html.Node{Type: html.TextNode, Data: line})
		l.end()
		l.inline(code)
	}
}

func (l *cellLines) inline(n *html.Node) {
	blank := n.Type == html.TextNode && strings.TrimSpace(n.Data) == ""
	if blank && (l.broken || !l.seen) {
		return
	}
	if !blank {
		mark := l.prefix
		if l.join != "" {
			mark = l.join + mark
		} else if l.broken {
			mark = lineBreak + mark
		}
		if mark != "" {
			l.nodes = append(l.nodes, &html.Node{Type: html.TextNode, Data: mark})
		}
		l.broken, l.prefix, l.join, l.seen = false, "", "", true
	}
	breakInside(n)
	l.nodes = append(l.nodes, n)
}

// breakInside turns line breaks inside of emphasis and links into marks.
func breakInside(n *html.Node) {
	for d := range n.Descendants() {
		if d.DataAtom == atom.Br {
			*d = html.Node{Type: html.TextNode, Data: lineBreak, Parent: d.Parent, PrevSibling: d.PrevSibling, NextSibling: d.NextSibling}
		}
	}
}

// firstNumber is the number of the first item of a list.
func firstNumber(list *html.Node) int {
	number, err := strconv.Atoi(Attr(list, "start"))
	if err != nil {
		return 1
	}
	return number
}
