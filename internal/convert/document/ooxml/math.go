package ooxml

import (
	"golang.org/x/net/html"

	"morag/internal/convert/document/formula"
)

const (
	// maxFormula is how many bytes of the text of a formula are kept.
	maxFormula = 64 << 10
	// maxFormulaParts is how many elements of one are.
	maxFormulaParts = 64 << 10
)

// math reads a formula (OMML) as LaTeX between dollars; what stands alone has two of them.
func (x *scanner) math(e element) (string, error) {
	switch e.name {
	case "m:oMathPara", "a14:m":
		text := ""
		err := x.each(func(e element) error {
			if e.name != "m:oMath" && e.name != "m:oMathPara" {
				return nil
			}
			found, err := x.math(e)
			if text != "" && found != "" {
				text += "\n"
			}
			text += alone(e, found)
			return err
		})
		return text, err
	}
	f := formulaReader{scanner: x, text: maxFormula, parts: maxFormulaParts}
	top := &html.Node{Type: html.ElementNode, Data: e.name}
	if err := f.children(top); err != nil {
		return "", err
	}
	if text := formula.OMML(top); text != "" {
		return "$" + text + "$", nil
	}
	return "", nil
}

// alone gives a formula of a paragraph of its own its second dollars.
func alone(e element, text string) string {
	if e.name != "m:oMath" || text == "" {
		return text
	}
	return "$" + text + "$"
}

// formulaReader makes a tree of the elements of a formula, within its bounds.
type formulaReader struct {
	*scanner
	text, parts int // what is left of them
}

func (f *formulaReader) children(parent *html.Node) error {
	return f.each(func(e element) error {
		if f.parts--; f.parts < 0 {
			return nil
		}
		n := &html.Node{Type: html.ElementNode, Data: e.name}
		if value := e.attr("m", "val"); value != "" || len(e.attrs) > 0 {
			n.Attr = []html.Attribute{{Key: "m:val", Val: value}}
		}
		parent.AppendChild(n)
		if e.name != "m:t" {
			return f.children(n)
		}
		text, err := f.scanner.text()
		if f.text -= len(text); f.text >= 0 && text != "" {
			n.AppendChild(&html.Node{Type: html.TextNode, Data: text})
		}
		return err
	})
}
