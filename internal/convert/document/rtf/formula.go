package rtf

import (
	"strings"

	"golang.org/x/net/html"

	"morag/internal/convert/document/formula"
	"morag/internal/convert/document/markup"
)

// maxPiece is about the longest piece that the text of a formula is kept in, which grows by
// characters.
const maxPiece = 1 << 10

// styles are the values of the words that say how a run of a formula is set, by their numbers.
var styles = map[string][]string{
	"msty": {"p", "b", "i", "bi"},
	"mscr": {"roman", "script", "fraktur", "double-struck", "sans-serif", "monospace"},
}

// formulaPart looks at the first word of a group in a formula, which is an element of Office's
// formulas; true says that the word is done with.
func (r *reader) formulaPart(g *group, word string) bool {
	switch {
	case word == "moMath" && g.place == "" && g.math == nil && !g.skip:
		g.math, g.opens = &html.Node{Type: html.ElementNode, Data: "m:oMath"}, aFormula
	case word == "moMathPara":
		g.alone = true
	case g.math == nil || g.skip:
		return false
	case word == "mctrlPr":
		g.skip = true
	case len(word) > 1 && word[0] == 'm':
		r.nodes++
		part := &html.Node{Type: html.ElementNode, Data: "m:" + word[1:]}
		g.math.AppendChild(part)
		g.math = part
	default:
		return false
	}
	return true
}

// formulaText adds text to a formula: to a property it is the value.
func (r *reader) formulaText(n *html.Node, s string) {
	if n.Parent != nil && strings.HasSuffix(n.Parent.Data, "Pr") {
		if len(n.Attr) == 0 {
			n.Attr = []html.Attribute{{Key: "m:val"}}
		}
		if len(n.Attr[0].Val) < 100 {
			n.Attr[0].Val += s
		}
		return
	}
	if last := n.LastChild; last != nil && last.Type == html.TextNode && len(last.Data) < maxPiece {
		last.Data += s
		return
	}
	r.nodes++
	n.AppendChild(&html.Node{Type: html.TextNode, Data: s})
}

// formulaStyle says how a run is set.
func (r *reader) formulaStyle(n *html.Node, t token) {
	names := styles[t.word]
	if t.word != "mnor" && (t.number < 0 || t.number >= len(names)) {
		return
	}
	r.nodes++
	properties := &html.Node{Type: html.ElementNode, Data: "m:rPr"}
	property := &html.Node{Type: html.ElementNode, Data: "m:" + t.word[1:]}
	if t.word != "mnor" {
		property.Attr = []html.Attribute{{Key: "m:val", Val: names[t.number]}}
	}
	properties.AppendChild(property)
	n.InsertBefore(properties, n.FirstChild)
}

// formula writes a formula into the text; one that stands alone has two dollars.
func (r *reader) formula(n *html.Node, alone bool) {
	text := formula.OMML(n)
	if text == "" {
		return
	}
	dollars := "$"
	if alone {
		dollars = "$$"
	}
	r.out.place(markup.Finished(dollars+text+dollars), look{}, "")
}
