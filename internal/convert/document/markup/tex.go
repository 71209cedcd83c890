package markup

import (
	"regexp"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// writeTeX finds the formulas that are written in LaTeX for a script to set: in scripts of
// their own, in the text between \( and \), and beside pictures of formulas.
func writeTeX(page *html.Node) {
	var scripts, pictures, texts []*html.Node
	for n := range page.Descendants() {
		switch {
		case n.Parent == nil:
		case n.DataAtom == atom.Script && strings.HasPrefix(strings.ToLower(Attr(n, "type")), "math/tex"):
			scripts = append(scripts, n)
		case n.DataAtom == atom.Img && isFormulaPicture(n):
			pictures = append(pictures, n)
		case n.Type == html.TextNode && strings.Contains(n.Data, `\`) && !isLiteral(n):
			texts = append(texts, n)
		}
	}
	for _, n := range scripts {
		writeFormula(n, between(typed(Text(n)), strings.Contains(strings.ToLower(Attr(n, "type")), "display")))
	}
	for _, n := range pictures {
		if math := hiddenFormula(n); math != nil {
			writeFormula(math, Formula(math))
			n.Parent.RemoveChild(n)
			continue
		}
		writeFormula(n, between(typed(Attr(n, "alt")), strings.Contains(Attr(n, "class"), "display")))
	}
	for _, n := range texts {
		writeDelimited(n)
	}
}

// isFormulaPicture knows the pictures of formulas that wikis and blogs show, which have the
// LaTeX beside them.
func isFormulaPicture(n *html.Node) bool {
	class := Attr(n, "class")
	return Attr(n, "alt") != "" && (HasWord(class, "latex") || HasWord(class, "tex") || strings.Contains(class, "mwe-math-fallback-image"))
}

// hiddenFormula is the formula that stands hidden beside its picture, shown by what around it
// was hidden.
func hiddenFormula(picture *html.Node) *html.Node {
	for n := picture.PrevSibling; n != nil; n = n.PrevSibling {
		for d := range n.Descendants() {
			if isFormula(d) {
				n.Attr = nil
				return d
			}
		}
	}
	return nil
}

// isLiteral tells whether a text is shown as it is typed.
func isLiteral(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		switch p.DataAtom {
		case atom.Pre, atom.Code, atom.Kbd, atom.Samp, atom.Script, atom.Style, atom.Textarea, atom.Tt:
			return true
		}
		if isFormula(p) {
			return true
		}
	}
	return false
}

var inDelimiters = regexp.MustCompile(`(?s)\\\((.+?)\\\)|\\\[(.+?)\\\]`)

// writeDelimited parts a text where formulas stand in it.
func writeDelimited(n *html.Node) {
	rest := n.Data
	for _, at := range inDelimiters.FindAllStringSubmatchIndex(n.Data, -1) {
		start, end := at[2], at[3]
		alone := start < 0
		if alone {
			start, end = at[4], at[5]
		}
		before := n.Data[len(n.Data)-len(rest) : at[0]]
		n.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: before}, n)
		if text := between(typed(n.Data[start:end]), alone); text != "" {
			n.Parent.InsertBefore(Finished(text), n)
		}
		rest = n.Data[at[1]:]
	}
	n.Data = rest
}

// finishedTexts leaves what is Markdown already as it is.
type finishedTexts struct{}

func (finishedTexts) Name() string { return "finished-texts" }

func (finishedTexts) Init(conv *converter.Converter) error {
	conv.Register.RendererFor(finished, converter.TagTypeInline, func(_ converter.Context, w converter.Writer, n *html.Node) converter.RenderStatus {
		text := Text(n)
		if inTable(n) {
			text = strings.ReplaceAll(text, "|", `\|`)
		}
		w.WriteString(text)
		return converter.RenderSuccess
	}, converter.PriorityStandard)
	return nil
}
