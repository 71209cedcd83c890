package formula

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// mathML reads the elements of a formula.
func mathML(n *html.Node) []piece {
	if n.Type == html.TextNode {
		return characters(n.Data)
	}
	switch n.Data {
	case "annotation", "annotation-xml", "mprescripts", "none", "mspace", "malignmark", "maligngroup":
		return nil
	case "mi":
		return identifier(n)
	case "mn":
		return number(n)
	case "mo":
		return operator(n)
	case "mtext", "ms":
		return words(textOf(n))
	case "mfrac", "msqrt", "mroot", "menclose":
		return one(measured(n))
	case "msup", "msub", "msubsup", "munder", "mover", "munderover":
		return one(scripted(n))
	case "mmultiscripts":
		return one(multiscripts(n))
	case "mtable":
		return one(mathTable(n))
	case "mfenced":
		return fenced(n)
	}
	var out []piece
	for child := range n.ChildNodes() {
		out = append(out, mathML(child)...)
	}
	return out
}

func one(p piece) []piece { return []piece{p} }

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

// identifier is a letter, a name or a word.
func identifier(n *html.Node) []piece {
	text := strings.Join(strings.Fields(textOf(n)), " ")
	variant, _ := attr(n, "mathvariant")
	letters := strings.TrimFunc(text, isLetter) == ""
	switch {
	case fonts[variant] != "":
		return one(piece{tex: in(fonts[variant], row(characters(text)))})
	case functions[text]:
		return one(word(text))
	case utf8.RuneCountInString(text) > 1 && letters && utf8.RuneCountInString(text) == len(text):
		return one(piece{tex: in("mathrm", quoted(text))})
	}
	return characters(text)
}

func number(n *html.Node) []piece {
	variant, _ := attr(n, "mathvariant")
	return one(piece{tex: in(fonts[variant], quoted(strings.Join(strings.Fields(textOf(n)), "")))})
}

func operator(n *html.Node) []piece {
	text := strings.TrimSpace(textOf(n))
	if utf8.RuneCountInString(text) == 1 {
		p := sign([]rune(text)[0])
		form, _ := attr(n, "form")
		switch {
		case form == "prefix" && (text == "|" || text == "‖"):
			p.kind = opening
		case form == "postfix" && (text == "|" || text == "‖"):
			p.kind = closing
		case text == "/":
			p.kind = operand
		}
		return one(p)
	}
	if text != "" && strings.TrimFunc(text, isLetter) == "" {
		return one(word(text))
	}
	return characters(text)
}

// parts are the elements in another, each as one piece.
func parts(n *html.Node) []piece {
	var out []piece
	for child := range n.ChildNodes() {
		if child.Type == html.ElementNode {
			out = append(out, joined(mathML(child)))
		}
	}
	return out
}

// joined makes one piece of several.
func joined(pieces []piece) piece {
	if len(pieces) == 1 {
		return pieces[0]
	}
	return piece{tex: row(pieces)}
}

func tex(p piece) string { return row([]piece{p}) }

// measured are elements with a line: fractions, roots and boxes.
func measured(n *html.Node) piece {
	all := parts(n)
	switch {
	case n.Data == "mfrac" && len(all) == 2:
		if thickness, _ := attr(n, "linethickness"); thickness != "" && strings.Trim(thickness, "0.pxtem") == "" {
			return piece{"{" + tex(all[0]) + "}{" + tex(all[1]) + "}", stack}
		}
		return fraction(tex(all[0]), tex(all[1]))
	case n.Data == "mroot" && len(all) == 2:
		return root(tex(all[1]), tex(all[0]))
	case n.Data == "msqrt":
		return root("", row(children(n)))
	}
	inside := row(children(n))
	notation, _ := attr(n, "notation")
	switch {
	case n.Data != "menclose":
	case notation == "box" || notation == "roundedbox":
		return piece{tex: in("boxed", inside)}
	case strings.Contains(notation, "strike"):
		return piece{tex: in("cancel", inside)}
	case notation == "radical":
		return root("", inside)
	}
	return piece{tex: inside}
}

func children(n *html.Node) []piece {
	var out []piece
	for child := range n.ChildNodes() {
		out = append(out, mathML(child)...)
	}
	return out
}

// scripted is a base with something beside, below or above it.
func scripted(n *html.Node) piece {
	all := parts(n)
	want := map[string]int{"msup": 2, "msub": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}[n.Data]
	if len(all) != want { // as it is broken
		return joined(children(n))
	}
	mark := strings.TrimSpace(textOf(lastElement(n)))
	switch n.Data {
	case "msup":
		return scripts(all[0], "", tex(all[1]))
	case "msub":
		return scripts(all[0], tex(all[1]), "")
	case "msubsup":
		return scripts(all[0], tex(all[1]), tex(all[2]))
	case "mover":
		if p, ok := accented(all[0], mark); ok {
			return p
		}
		return limits(all[0], "", tex(all[1]))
	case "munder":
		if p, ok := underlined(all[0], mark); ok {
			return p
		}
		return limits(all[0], tex(all[1]), "")
	}
	return limits(all[0], tex(all[1]), tex(all[2]))
}

func lastElement(n *html.Node) *html.Node {
	for child := n.LastChild; child != nil; child = child.PrevSibling {
		if child.Type == html.ElementNode {
			return child
		}
	}
	return n
}

// multiscripts is a base with something at any of its corners.
func multiscripts(n *html.Node) piece {
	var corners [2][]string // lowered and raised in turn, behind and before the base
	var base piece
	side, seen := 0, false
	for child := range n.ChildNodes() {
		switch {
		case child.Type != html.ElementNode:
		case child.Data == "mprescripts":
			side = 1
		case !seen:
			base, seen = joined(mathML(child)), true
		default:
			corners[side] = append(corners[side], row(mathML(child)))
		}
	}
	out := base
	for i := 0; i+1 < len(corners[0]); i += 2 {
		out = scripts(out, corners[0][i], corners[0][i+1])
	}
	for i := 0; i+1 < len(corners[1]); i += 2 {
		out = piece{tex: scripts(piece{kind: name, tex: "{}"}, corners[1][i], corners[1][i+1]).tex + out.tex}
	}
	return out
}

// mathTable is a table of elements.
func mathTable(n *html.Node) piece {
	var rows [][]string
	for tr := range n.ChildNodes() {
		if tr.Type != html.ElementNode {
			continue
		}
		var cells []string
		for td := range tr.ChildNodes() {
			if td.Type == html.ElementNode {
				cells = append(cells, row(mathML(td)))
			}
		}
		if tr.Data == "mlabeledtr" && len(cells) > 0 {
			cells = append(cells[1:], cells[0])
		}
		rows = append(rows, cells)
	}
	return table(rows)
}

// fenced is what stands in brackets, with commas between.
func fenced(n *html.Node) []piece {
	open, shut, separators := "(", ")", ","
	for key, value := range map[string]*string{"open": &open, "close": &shut, "separators": &separators} {
		if found, ok := attr(n, key); ok {
			*value = strings.TrimSpace(found)
		}
	}
	var inside []piece
	marks := []rune(strings.Join(strings.Fields(separators), ""))
	for i, part := range parts(n) {
		if i > 0 && len(marks) > 0 {
			inside = append(inside, sign(marks[min(i, len(marks))-1]))
		}
		inside = append(inside, part)
	}
	return delimited(fence(open), fence(shut), inside)
}

// fence writes the sign of a bracket.
func fence(text string) string {
	if text == "" {
		return ""
	}
	return strings.TrimSpace(row(characters(text)))
}
