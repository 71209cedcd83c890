// Package formula writes formulas as LaTeX: those of MathML and those of Office (OMML).
// It is pure. What it does not know keeps its text.
//
// A formula comes as a tree of elements; the names of those of Office have the prefix "m:".
// How deep it may be nested is for whoever has read it.
package formula

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// maxText is the most bytes of text that a formula is made of; what has more is none, and
// its text is returned as it is.
const maxText = 64 << 10

// kind says what may stand beside a piece.
type kind uint8

const (
	operand kind = iota
	infix        // +, =, \to: blanks around it
	opening
	closing
	comma
	name   // \sin, \sum_{i}: a blank after it
	matrix // the rows of a matrix without what is around them
	stack  // one thing above another without a line
)

// piece is a part of a formula.
type piece struct {
	tex  string
	kind kind
}

// MathML writes a formula of the language of browsers, without dollars around it.
func MathML(n *html.Node) string { return within(n, mathML) }

// OMML writes a formula of Office, without dollars around it.
func OMML(n *html.Node) string { return within(n, omml) }

func within(n *html.Node, read func(*html.Node) []piece) string {
	size := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			size += len(d.Data)
		}
	}
	if size > maxText {
		return strings.Join(strings.Fields(textOf(n)), " ")
	}
	return row(read(n))
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// row puts pieces beside each other.
func row(pieces []piece) string {
	var b strings.Builder
	last := piece{kind: opening}
	for _, p := range enclose(pieces) {
		if p.tex == "" {
			continue
		}
		isSign := p.kind == infix && (last.kind == infix || last.kind == opening || last.kind == comma)
		switch {
		case endsInCommand(last.tex) && startsWithWord(p.tex):
			b.WriteByte(' ')
		case last.kind == opening:
		case last.kind == infix, last.kind == comma, p.kind == infix && !isSign,
			last.kind == name && p.kind != opening && p.kind != closing && p.kind != comma:
			b.WriteByte(' ')
		}
		b.WriteString(p.tex)
		if last = p; isSign { // which belongs to what follows
			last.kind = opening
		}
	}
	return b.String()
}

// enclose gives matrices and stacks what stands around them, or nothing.
func enclose(pieces []piece) []piece {
	var out []piece
	for i := 0; i < len(pieces); i++ {
		p := pieces[i]
		if p.kind != matrix && p.kind != stack {
			out = append(out, p)
			continue
		}
		open, shut := "", ""
		if len(out) > 0 && out[len(out)-1].kind != infix {
			open = out[len(out)-1].tex
		}
		if i+1 < len(pieces) {
			shut = pieces[i+1].tex
		}
		tex, taken := enclosed(p, open, shut)
		if taken > 0 {
			out = out[:len(out)-1]
		}
		if taken > 1 {
			i++
		}
		out = append(out, piece{tex: tex})
	}
	return out
}

// environments are the matrices with something around them, by what that is.
var environments = map[[2]string]string{
	{"(", ")"}: "pmatrix", {"[", "]"}: "bmatrix", {`\{`, `\}`}: "Bmatrix", {"|", "|"}: "vmatrix", {`\|`, `\|`}: "Vmatrix",
}

// enclosed writes a matrix or a stack, and tells whether it has taken no sign, the one
// before it or both that are around it.
func enclosed(p piece, open, shut string) (tex string, taken int) {
	if p.kind == stack {
		if open == "(" && shut == ")" {
			return `\binom` + p.tex, 2
		}
		return `\genfrac{}{}{0pt}{}` + p.tex, 0
	}
	env := "matrix"
	if found := environments[[2]string{open, shut}]; found != "" {
		env, taken = found, 2
	} else if open == `\{` {
		env, taken = "cases", 1
	}
	return `\begin{` + env + "} " + p.tex + ` \end{` + env + "}", taken
}

// table writes rows of cells.
func table(rows [][]string) piece {
	lines := make([]string, len(rows))
	for i, cells := range rows {
		lines[i] = strings.Join(cells, " & ")
	}
	return piece{strings.Join(lines, ` \\ `), matrix}
}

// delimited puts signs around what is inside, which grow with it.
func delimited(open, shut string, inside []piece) []piece {
	left, right := piece{open, opening}, piece{shut, closing}
	for _, p := range inside {
		if p.kind == matrix || p.kind == stack {
			return append(append([]piece{left}, inside...), right)
		}
	}
	if text := row(inside); isTall(text) && open+shut != "" {
		return []piece{{tex: `\left` + orDot(open) + " " + text + ` \right` + orDot(shut)}}
	}
	return append(append([]piece{left}, inside...), right)
}

func orDot(sign string) string {
	if sign == "" {
		return "."
	}
	return sign
}

// isTall tells whether a text is higher than a line.
func isTall(tex string) bool {
	for _, command := range []string{`\frac`, `\sum`, `\int`, `\prod`, `\begin`, `\binom`, `\underset`, `\overset`} {
		if strings.Contains(tex, command) {
			return true
		}
	}
	return false
}

func fraction(above, below string) piece { return piece{tex: `\frac{` + above + "}{" + below + "}"} }

func root(degree, under string) piece {
	if degree != "" {
		degree = "[" + degree + "]"
	}
	return piece{tex: `\sqrt` + degree + "{" + under + "}"}
}

// scripts lowers and raises what stands behind a base.
func scripts(base piece, below, above string) piece {
	if base.kind == infix || base.kind == matrix || base.kind == stack {
		base = piece{tex: row([]piece{base})}
	}
	tex := base.tex
	if tex == "" {
		tex = "{}"
	}
	if base.kind != name && !isOne(tex) {
		tex = "{" + tex + "}"
	}
	if base.kind != name {
		base.kind = operand
	}
	if below != "" {
		tex += "_{" + below + "}"
	}
	switch {
	case above != "" && strings.Trim(above, "'") == "":
		tex += above
	case above != "":
		tex += "^{" + above + "}"
	}
	return piece{tex, base.kind}
}

// limits puts something below and above a base: of a sum as its limits.
func limits(base piece, below, above string) piece {
	if base.kind == name || strings.HasPrefix(base.tex, `\underbrace{`) || strings.HasPrefix(base.tex, `\overbrace{`) {
		return scripts(piece{base.tex, name}, below, above)
	}
	tex := row([]piece{base})
	if above != "" {
		tex = `\overset{` + above + "}{" + tex + "}"
	}
	if below != "" {
		tex = `\underset{` + below + "}{" + tex + "}"
	}
	return piece{tex: tex, kind: base.kind}
}

// isOne tells whether TeX takes a text for one thing: a sign, a number, a command with what
// belongs to it, or what stands in brackets.
func isOne(tex string) bool {
	if tex == "{}" || utf8.RuneCountInString(tex) <= 1 || strings.Trim(tex, "0123456789.") == "" {
		return true
	}
	if rest, ok := strings.CutPrefix(tex, `\`); ok {
		rest = strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
		for rest != "" && strings.HasPrefix(rest, "{") {
			rest = rest[closingBrace(rest):]
		}
		return rest == "" || strings.HasPrefix(tex, `\left`) && strings.Count(tex, `\left`) == 1 && strings.Contains(tex[len(tex)-min(len(tex), 9):], `\right`)
	}
	return tex[0] == '(' && strings.IndexByte(tex, ')') == len(tex)-1
}

// closingBrace is where the group ends that a text begins with.
func closingBrace(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func endsInCommand(s string) bool {
	letters := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return len(letters) < len(s) && strings.HasSuffix(letters, `\`) && !strings.HasSuffix(letters, `\\`)
}

func startsWithWord(s string) bool {
	return s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z' || s[0] >= '0' && s[0] <= '9')
}
