package formula

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// omml reads the elements of a formula of Office (ISO/IEC 29500-1, 22.1).
func omml(n *html.Node) []piece {
	if n.Type == html.TextNode {
		return characters(n.Data)
	}
	switch n.Data {
	case "m:r":
		return run(n)
	case "m:f":
		return one(ommlFraction(n))
	case "m:rad":
		degree := at(n, "m:deg")
		if on(n, "m:degHide") {
			degree = ""
		}
		return one(root(degree, at(n, "m:e")))
	case "m:sSup", "m:sSub", "m:sSubSup":
		return one(scripts(base(n, "m:e"), at(n, "m:sub"), at(n, "m:sup")))
	case "m:sPre":
		before := scripts(piece{kind: name, tex: "{}"}, at(n, "m:sub"), at(n, "m:sup"))
		return one(piece{tex: before.tex + at(n, "m:e")})
	case "m:nary":
		return nary(n)
	case "m:d":
		return brackets(n)
	case "m:m":
		return one(ommlMatrix(n))
	case "m:eqArr":
		return one(equations(n))
	case "m:func":
		return append(functionName(child(n, "m:fName")), of(child(n, "m:e"))...)
	case "m:acc", "m:bar", "m:groupChr":
		return one(marked(n))
	case "m:limLow":
		if p, ok := underlined(base(n, "m:e"), textIn(n, "m:lim")); ok {
			return one(p)
		}
		return one(limits(base(n, "m:e"), at(n, "m:lim"), ""))
	case "m:limUpp":
		if p, ok := accented(base(n, "m:e"), textIn(n, "m:lim")); ok {
			return one(p)
		}
		return one(limits(base(n, "m:e"), "", at(n, "m:lim")))
	case "m:borderBox":
		return one(piece{tex: in("boxed", at(n, "m:e"))})
	case "w:del", "w:moveFrom", "w:rPr", "w:pPr", "a:rPr":
		return nil
	}
	if strings.HasPrefix(n.Data, "m:") && strings.HasSuffix(n.Data, "Pr") {
		return nil
	}
	return of(n)
}

// of reads what is in an element, nil for nothing.
func of(n *html.Node) []piece {
	if n == nil {
		return nil
	}
	var out []piece
	for child := range n.ChildNodes() {
		out = append(out, omml(child)...)
	}
	return out
}

func child(n *html.Node, name string) *html.Node {
	for c := range n.ChildNodes() {
		if c.Data == name && c.Type == html.ElementNode {
			return c
		}
	}
	return nil
}

func at(n *html.Node, name string) string { return row(of(child(n, name))) }

// textIn is the text of a child, as it is.
func textIn(n *html.Node, name string) string {
	if c := child(n, name); c != nil {
		return textOf(c)
	}
	return ""
}

func base(n *html.Node, name string) piece { return joined(of(child(n, name))) }

// property is the value of a property of an element.
func property(n *html.Node, key string) (value string, ok bool) {
	for properties := range n.ChildNodes() {
		if !strings.HasSuffix(properties.Data, "Pr") {
			continue
		}
		if p := child(properties, key); p != nil {
			value, _ := attr(p, "m:val")
			return value, true
		}
	}
	return "", false
}

func on(n *html.Node, key string) bool {
	value, ok := property(n, key)
	return ok && value != "0" && value != "false" && value != "off"
}

// run is a text that is set in one way.
func run(n *html.Node) []piece {
	text := ""
	for c := range n.ChildNodes() {
		if c.Type == html.TextNode || c.Data != "m:rPr" && c.Data != "w:rPr" && c.Data != "a:rPr" {
			text += textOf(c)
			if c.Type == html.TextNode {
				text += c.Data
			}
		}
	}
	if on(n, "m:nor") {
		return words(text)
	}
	style, hasStyle := property(n, "m:sty")
	script, _ := property(n, "m:scr")
	plain := strings.TrimSpace(text)
	isWord := utf8.RuneCountInString(plain) > 1 && strings.TrimFunc(plain, isLetter) == ""
	switch {
	case fonts[script] != "":
		return one(piece{tex: in(fonts[script], row(characters(text)))})
	case functions[plain]:
		return one(word(plain))
	case isWord && hasStyle && style == "p":
		return one(piece{tex: in("mathrm", quoted(plain))})
	case fonts[style] != "" && isWord || fonts[style] != "" && utf8.RuneCountInString(plain) == 1 && isLetter([]rune(plain)[0]):
		return one(piece{tex: in(fonts[style], row(characters(text)))})
	}
	return characters(text)
}

func ommlFraction(n *html.Node) piece {
	above, under := at(n, "m:num"), at(n, "m:den")
	switch kind, _ := property(n, "m:type"); kind {
	case "noBar":
		return piece{"{" + above + "}{" + under + "}", stack}
	case "lin", "skw":
		return piece{tex: grouped(above) + "/" + grouped(under)}
	}
	return fraction(above, under)
}

// grouped keeps together what is more than one thing.
func grouped(tex string) string {
	if isOne(tex) {
		return tex
	}
	return "(" + tex + ")"
}

// nary is a sum, a product or an integral.
func nary(n *html.Node) []piece {
	mark := "∫"
	if found, ok := property(n, "m:chr"); ok && found != "" {
		mark = found
	}
	p := joined(characters(mark))
	p.kind = name
	return append(one(scripts(p, at(n, "m:sub"), at(n, "m:sup"))), of(child(n, "m:e"))...)
}

// brackets are round unless they say otherwise, and have bars between several things.
func brackets(n *html.Node) []piece {
	open, shut, between := "(", ")", "|"
	for key, value := range map[string]*string{"m:begChr": &open, "m:endChr": &shut, "m:sepChr": &between} {
		if found, ok := property(n, key); ok {
			*value = found
		}
	}
	var inside []piece
	count := 0
	for c := range n.ChildNodes() {
		if c.Data != "m:e" {
			continue
		}
		if count++; count > 1 {
			inside = append(inside, characters(between)...)
		}
		inside = append(inside, of(c)...)
	}
	return delimited(fence(open), fence(shut), inside)
}

func ommlMatrix(n *html.Node) piece {
	var rows [][]string
	for mr := range n.ChildNodes() {
		if mr.Data != "m:mr" {
			continue
		}
		var cells []string
		for e := range mr.ChildNodes() {
			if e.Data == "m:e" {
				cells = append(cells, row(of(e)))
			}
		}
		rows = append(rows, cells)
	}
	return table(rows)
}

// equations are several formulas below each other. An ampersand says where they are aligned.
func equations(n *html.Node) piece {
	var rows [][]string
	for e := range n.ChildNodes() {
		if e.Data == "m:e" {
			rows = append(rows, []string{strings.ReplaceAll(row(of(e)), `\&`, "")})
		}
	}
	return table(rows)
}

// functionName is the name of a function, which may have limits.
func functionName(n *html.Node) []piece {
	pieces := of(n)
	plain := ""
	if n != nil {
		plain = strings.TrimSpace(textOf(n))
	}
	if len(pieces) > 0 && plain != "" && strings.TrimFunc(plain, isLetter) == "" && len(plain) > 1 && !strings.HasPrefix(pieces[0].tex, `\`) {
		return one(word(plain))
	}
	p := joined(pieces)
	p.kind = name
	return one(p)
}

// marked is something with a sign above or below it.
func marked(n *html.Node) piece {
	inside := base(n, "m:e")
	mark, isMarked := property(n, "m:chr")
	side, _ := property(n, "m:pos")
	switch {
	case n.Data == "m:bar" && side != "top":
		return piece{tex: in("underline", tex(inside))}
	case n.Data == "m:bar":
		return piece{tex: in("overline", tex(inside))}
	case n.Data == "m:acc" && !isMarked:
		mark = "\u0302"
	case n.Data == "m:groupChr" && !isMarked:
		mark = "⏟"
	}
	if n.Data == "m:groupChr" && side != "top" {
		if p, ok := underlined(inside, mark); ok {
			return p
		}
	} else if p, ok := accented(inside, mark); ok {
		return p
	}
	if n.Data == "m:groupChr" && side != "top" {
		return limits(inside, row(characters(mark)), "")
	}
	return limits(inside, "", row(characters(mark)))
}
