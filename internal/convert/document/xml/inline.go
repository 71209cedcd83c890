package xml

import (
	"cmp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/convert/document/markup"
)

// note puts a note where references find it.
func (a *article) note(n *html.Node) {
	id := markup.Attr(n, "id")
	if id == "" {
		a.blocks(a.page, n, 6)
		return
	}
	body := element(atom.Aside, html.Attribute{Key: "id", Val: id})
	a.page.AppendChild(body)
	a.blocks(body, n, 6)
}

// inline writes the text of an element.
func (a *article) inline(parent, n *html.Node) {
	if n == nil {
		return
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling // a formula is moved
		a.inlineNode(parent, c)
		c = next
	}
}

var inlineNames = map[string]atom.Atom{
	"bold": atom.Strong, "italic": atom.Em, "sup": atom.Sup, "sub": atom.Sub, "monospace": atom.Code, "strike": atom.S, "break": atom.Br, "p": atom.Div,
}

func (a *article) inlineNode(parent, n *html.Node) {
	if n.Type == html.TextNode {
		addText(parent, n.Data)
		return
	}
	switch n.Data {
	case "xref":
		if markup.Attr(n, "ref-type") == "fn" && markup.Attr(n, "rid") != "" {
			link := element(atom.A, html.Attribute{Key: "role", Val: "doc-noteref"}, html.Attribute{Key: "href", Val: "#" + markup.Attr(n, "rid")})
			a.inline(link, n)
			parent.AppendChild(link)
			return
		}
	case "ext-link", "uri":
		if address := cmp.Or(markup.Attr(n, "href"), line(n)); markup.IsOutside(address) {
			link := element(atom.A, html.Attribute{Key: "href", Val: address})
			a.inline(link, n)
			parent.AppendChild(link)
			return
		}
	case "fn":
		a.note(n)
		return
	case "tex-math":
		addText(parent, texOf(markup.Text(n)))
		return
	case "alternatives":
		if tex := child(n, "tex-math"); tex != nil {
			a.inlineNode(parent, tex)
			return
		}
	case "math":
		n.Parent.RemoveChild(n)
		n.DataAtom, n.Namespace = atom.Math, "math"
		for d := range n.Descendants() {
			d.Namespace = "math"
		}
		parent.AppendChild(n)
		return
	case "graphic", "inline-graphic":
		a.picture(parent, n)
		return
	case "object-id", "processing-meta":
		return
	}
	if name, known := inlineNames[n.Data]; known {
		inner := add(parent, name)
		a.inline(inner, n)
		return
	}
	a.inline(parent, n)
}

// texOf is a formula between dollars; files put whole documents around theirs.
func texOf(source string) string {
	if _, rest, found := strings.Cut(source, `\begin{document}`); found {
		source, _, _ = strings.Cut(rest, `\end{document}`)
	}
	source = strings.Trim(strings.TrimSpace(source), "$")
	if source = strings.Join(strings.Fields(source), " "); source == "" {
		return ""
	}
	return "$" + source + "$"
}
