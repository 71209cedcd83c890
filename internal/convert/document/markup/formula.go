package markup

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
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
// formulas their source.
func WriteFormulas(page *html.Node) {
	var found []*html.Node
	for n := range page.Descendants() {
		if n.DataAtom == atom.Sup || n.DataAtom == atom.Math || n.Data == "math" && n.Type == html.ElementNode {
			found = append(found, n)
		}
	}
	for _, n := range found {
		if n.DataAtom != atom.Sup {
			replaceByText(n, FormulaSource(n))
			continue
		}
		if text := strings.TrimSpace(Text(n)); text != "" && strings.Trim(text, "0123456789+-−") == "" && n.FirstChild.Type == html.TextNode {
			replaceByText(n, raised.Replace(text))
		} else if power.MatchString(text) && !hasBlankBefore(n) {
			replaceByText(n, "^"+bracket(text))
		}
	}
}

// replaceByText puts a text in the place of an element.
func replaceByText(n *html.Node, text string) {
	if n.Parent == nil {
		return
	}
	n.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: text}, n)
	n.Parent.RemoveChild(n)
}

// FormulaSource is a formula as its author typed it, if it is there, and its characters
// otherwise.
func FormulaSource(math *html.Node) string {
	for n := range math.Descendants() {
		if n.Data == "annotation" && n.Type == html.ElementNode {
			if text := strings.TrimSpace(Text(n)); text != "" {
				return text
			}
		}
	}
	if text := strings.TrimSpace(Attr(math, "alttext")); text != "" {
		return text
	}
	return strings.Join(strings.Fields(formulaText(math)), " ")
}

// formulaText writes what is built of parts with the signs that people type for it.
func formulaText(n *html.Node) string {
	if n.Type == html.TextNode {
		return strings.TrimSpace(n.Data)
	}
	var parts []string
	for child := range n.ChildNodes() {
		if part := formulaText(child); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 2 {
		switch n.Data {
		case "msup", "mover":
			return parts[0] + "^" + bracket(parts[1])
		case "msub", "munder":
			return parts[0] + "_" + bracket(parts[1])
		case "mfrac":
			return bracket(parts[0]) + "/" + bracket(parts[1])
		}
	}
	text := strings.Join(parts, "")
	switch n.Data {
	case "msqrt":
		return "√" + bracket(text)
	case "mo", "mtext":
		return " " + text + " "
	}
	return text
}

// bracket keeps together what consists of several characters.
func bracket(s string) string {
	if s = strings.TrimSpace(s); utf8.RuneCountInString(s) < 2 {
		return s
	}
	return "(" + s + ")"
}
