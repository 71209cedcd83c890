package rtf

import (
	"bytes"
	"errors"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxNodes is the most paragraphs, pieces of text and cells of one document, which are in
// memory together.
const maxNodes = 2 << 20

var errNodes = errors.New("rtf: too many parts")

// look is how characters are set.
type look struct {
	bold, italic, strike, super, hidden bool
	font                                int
}

// run is text of one look; a node that stands in the text has none.
type run struct {
	text []byte // which grows by characters
	look look
	link string
	node *html.Node
}

// paragraph is what a paragraph says of itself.
type paragraph struct {
	heading int // 1 to 9, 0 for none
	list    int // number of the list, 0 for none
	level   int // in the list, from 0
	indent  int // in twips
	inTable bool
	mark    string // that a program or a person has written before it
}

// flow puts paragraphs, lists and tables one after the other: those of the document, or of
// a note.
type flow struct {
	reader *reader
	body   *html.Node
	runs   []run
	after  []*html.Node // what stands in shapes that hang on the paragraph
	table  *html.Node
	row    *html.Node
	cell   *html.Node // what is in the cell so far
	lists  []openList
}

func (r *reader) newFlow() *flow { return &flow{reader: r, body: element(atom.Div)} }

func element(a atom.Atom, attrs ...html.Attribute) *html.Node {
	return &html.Node{Type: html.ElementNode, Data: a.String(), DataAtom: a, Attr: attrs}
}

// add counts a node before it is kept.
func (f *flow) add(parent, child *html.Node) {
	f.reader.nodes++
	parent.AppendChild(child)
}

// text continues the paragraph.
func (f *flow) text(s string, l look, link string) {
	if n := len(f.runs); n > 0 && f.runs[n-1].node == nil && f.runs[n-1].look == l && f.runs[n-1].link == link {
		f.runs[n-1].text = append(f.runs[n-1].text, s...)
		return
	}
	f.reader.nodes++
	f.runs = append(f.runs, run{text: []byte(s), look: l, link: link})
}

// place puts a node into the text.
func (f *flow) place(n *html.Node, l look, link string) {
	f.reader.nodes++
	f.runs = append(f.runs, run{node: n, look: l, link: link})
}

// shape puts what stands in a shape before the paragraph, if that has no text yet, and else
// behind it.
func (f *flow) shape(content *html.Node) {
	switch {
	case content.FirstChild == nil:
	case f.empty() && f.row == nil && f.cell == nil:
		f.closeTable()
		f.lists = nil
		f.add(f.body, content)
	default:
		f.after = append(f.after, content)
	}
}

// empty tells whether the paragraph has no text yet.
func (f *flow) empty() bool {
	for _, r := range f.runs {
		if r.node != nil || len(bytes.TrimSpace(r.text)) > 0 {
			return false
		}
	}
	return true
}

// end ends the paragraph.
func (f *flow) end(p paragraph) {
	if typed := f.takeMark(p); typed != "" {
		p.mark = typed
	}
	isEmpty := f.empty()
	runs := f.runs
	f.runs = nil
	switch {
	case p.inTable:
		if !isEmpty {
			if f.cell == nil {
				f.cell = element(atom.Td)
			}
			f.add(f.cell, f.filled(element(atom.P), labelled(cellLabel(p.mark), runs), 0))
		}
	case isEmpty:
	case p.heading == 0 && (p.list > 0 || p.mark != ""):
		f.closeTable()
		item, label := f.item(p)
		f.add(item, f.filled(element(atom.P), labelled(label, runs), 0))
	default:
		f.closeTable()
		f.lists = nil
		kind := atom.P
		if p.heading > 0 {
			kind = []atom.Atom{atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6}[min(p.heading, 6)-1]
			if markKind(p.mark) == numbers {
				runs = labelled(p.mark, runs)
			}
		}
		f.add(f.body, f.filled(element(kind), runs, p.heading))
	}
	if !p.inTable {
		for _, n := range f.after {
			f.lists = nil
			f.add(f.body, n)
		}
		f.after = nil
	}
}

// filled puts the runs into a node. A heading is not bold besides.
func (f *flow) filled(n *html.Node, runs []run, heading int) *html.Node {
	parent, link := n, ""
	for _, r := range runs {
		if r.link != link {
			if parent, link = n, r.link; link != "" {
				parent = element(atom.A, html.Attribute{Key: "href", Val: link})
				f.add(n, parent)
			}
		}
		inner := r.node
		if inner == nil {
			inner = &html.Node{Type: html.TextNode, Data: string(r.text)}
		}
		isBlank := r.node != nil || len(bytes.TrimSpace(r.text)) == 0
		for _, set := range []struct {
			on   bool
			atom atom.Atom
		}{
			{r.look.super && r.node == nil, atom.Sup}, {r.look.strike, atom.S}, {r.look.italic, atom.Em}, {r.look.bold && heading == 0, atom.Strong},
		} {
			if set.on && !isBlank {
				outer := element(set.atom)
				outer.AppendChild(inner)
				inner = outer
			}
		}
		f.add(parent, inner)
	}
	return n
}

// endCell ends a cell of the row, and the paragraph with it.
func (f *flow) endCell(p paragraph) {
	p.inTable = true
	f.end(p)
	if f.cell == nil {
		f.cell = element(atom.Td)
	}
	if f.row == nil {
		f.row = element(atom.Tr)
	}
	f.add(f.row, f.cell)
	f.cell = nil
}

// endRow ends a row of the table.
func (f *flow) endRow() {
	if f.cell != nil || !f.empty() {
		f.endCell(paragraph{})
	}
	if f.row == nil {
		return
	}
	if f.table == nil {
		f.table = element(atom.Table)
		f.lists = nil
		f.add(f.body, f.table)
	}
	f.add(f.table, f.row)
	f.row = nil
}

// closeTable ends a table, and a row that has no end.
func (f *flow) closeTable() {
	if f.row != nil || f.cell != nil {
		f.endRow()
	}
	f.table = nil
}

// close ends everything and returns what there is.
func (f *flow) close(p paragraph) *html.Node {
	p.inTable = p.inTable && f.row != nil
	f.end(p)
	f.closeTable()
	for _, n := range f.after {
		f.add(f.body, n)
	}
	return f.body
}
