package markup

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/convert/document/formula"
)

// raised are the characters that have a form of their own above the line.
var raised = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹",
	"+", "⁺", "-", "⁻", "−", "⁻")

// power is what stands above the line as an exponent and not as the end of an ordinal
// number: "2e", "1a" and "3o" are such.
var power = regexp.MustCompile(`^[+−-]?[b-df-np-z](?:[+−-][0-9]{1,3})?$`)

// hasBlankBefore tells whether nothing stands directly before a node.
func hasBlankBefore(n *html.Node) bool {
	before := n.PrevSibling
	return before == nil || before.Type != html.TextNode || strings.TrimRightFunc(before.Data, unicode.IsSpace) != before.Data || before.Data == ""
}

// WriteFormulas makes text of what Markdown has no sign for and what would mean something
// else as plain text: powers become raised digits, so that 10 to the 6th is not 106, and
// formulas LaTeX.
func WriteFormulas(page *html.Node) {
	var found []*html.Node
	for n := range page.Descendants() {
		if n.DataAtom == atom.Sup || isFormula(n) {
			found = append(found, n)
		}
	}
	for _, n := range found {
		if n.DataAtom != atom.Sup {
			writeFormula(n, Formula(n))
			continue
		}
		if text := strings.TrimSpace(Text(n)); text != "" && strings.Trim(text, "0123456789+-−") == "" && n.FirstChild.Type == html.TextNode {
			replaceByText(n, raised.Replace(text))
		} else if power.MatchString(text) && !hasBlankBefore(n) {
			replaceByText(n, "^"+bracket(text))
		}
	}
}

func isFormula(n *html.Node) bool { return n.Type == html.ElementNode && n.Data == "math" }

// replaceByText puts a text in the place of an element.
func replaceByText(n *html.Node, text string) {
	if n.Parent == nil {
		return
	}
	n.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: text}, n)
	n.Parent.RemoveChild(n)
}

// finished is the name of an element whose text is Markdown already.
const finished = "morag-markdown"

// Finished is an element whose text stands in the Markdown as it is.
func Finished(text string) *html.Node {
	n := &html.Node{Type: html.ElementNode, Data: finished}
	n.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	return n
}

// writeFormula puts a formula in the place of an element.
func writeFormula(n *html.Node, text string) {
	if n.Parent == nil || n.Parent.Data == finished {
		return
	}
	if text != "" {
		n.Parent.InsertBefore(Finished(text), n)
	}
	n.Parent.RemoveChild(n)
}

// Formula is a formula as LaTeX between dollars, "" for one of nothing: as its author typed
// it, if that is there.
func Formula(math *html.Node) string {
	return between(source(math), Attr(math, "display") == "block")
}

func source(math *html.Node) string {
	for n := range math.Descendants() {
		if n.Data == "annotation" && n.Type == html.ElementNode && strings.Contains(strings.ToLower(Attr(n, "encoding")), "tex") {
			if text := typed(Text(n)); text != "" {
				return text
			}
		}
	}
	alternative := Attr(math, "alttext")
	if strings.Contains(alternative, `\`) {
		return typed(alternative)
	}
	if text := formula.MathML(math); text != "" {
		return text
	}
	return typed(alternative)
}

// typed is LaTeX that somebody has typed, without what says only how large it is to be.
func typed(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, size := range []string{`{\displaystyle `, `{\textstyle `} {
		if rest, ok := strings.CutPrefix(text, size); ok && strings.HasSuffix(rest, "}") {
			text = strings.TrimSpace(strings.TrimSuffix(rest, "}"))
		}
	}
	return text
}

// between puts dollars around LaTeX, two for a formula that stands alone.
func between(text string, alone bool) string {
	switch {
	case text == "":
		return ""
	case alone:
		return "$$" + text + "$$"
	}
	return "$" + text + "$"
}

// SetApart gives a formula that is all that a paragraph has two dollars, and any other one.
func SetApart(p *html.Node) {
	if p.FirstChild == nil {
		return
	}
	alone := p.FirstChild == p.LastChild
	for n := range p.Descendants() {
		if n.Type == html.ElementNode && n.Data == finished {
			n.FirstChild.Data = between(strings.Trim(n.FirstChild.Data, "$"), alone && n.Parent == p)
		}
	}
}

// bracket keeps together what consists of several characters.
func bracket(s string) string {
	if s = strings.TrimSpace(s); utf8.RuneCountInString(s) < 2 {
		return s
	}
	return "(" + s + ")"
}
