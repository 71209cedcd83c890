package xml

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/convert"
	"morag/internal/convert/document/markup"
)

// maxNodes is the most elements and texts of one file; they are held in memory.
const maxNodes = 4 << 20

// parse makes a tree of XML; names are in lower case, and Namespace is that of the file. What
// programs let pass passes: an ampersand by itself, an end that is missing before another
// one. Entities that the file declares stay as they are written, and none leads anywhere.
func parse(ctx context.Context, raw []byte) (*html.Node, error) {
	d := markup.NewXMLDecoder(bytes.NewReader(raw))
	d.Entity = xml.HTMLEntity
	d.Strict = false
	page := &html.Node{Type: html.DocumentNode}
	at, depth := page, 0
	for nodes := 0; ; nodes++ {
		if nodes%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && depth == 0 && root(page) != nil:
			return page, nil
		case errors.Is(err, io.EOF), isCut(err):
			return nil, convert.BadSource("the XML is cut off: its end is missing", io.ErrUnexpectedEOF)
		case err != nil:
			line, _ := d.InputPos()
			return nil, convert.BadSource(fmt.Sprintf("the XML is damaged in line %d", line), err)
		case nodes > maxNodes:
			return nil, convert.BadSource("the XML has too many parts to be read", nil)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > markup.MaxDepth {
				return nil, convert.BadSource("the XML is nested too deeply", markup.ErrDepth)
			}
			n := elementOf(t)
			at.AppendChild(n)
			at = n
		case xml.EndElement:
			if at.Parent != nil {
				at, depth = at.Parent, depth-1
			}
		case xml.CharData:
			if at != page {
				at.AppendChild(&html.Node{Type: html.TextNode, Data: strings.ToValidUTF8(string(t), "\uFFFD")})
			}
		}
	}
}

// isCut tells whether the file ends inside of something.
func isCut(err error) bool {
	var syntax *xml.SyntaxError
	return errors.As(err, &syntax) && strings.HasPrefix(syntax.Msg, "unexpected EOF")
}

func elementOf(t xml.StartElement) *html.Node {
	name := strings.ToLower(t.Name.Local)
	n := &html.Node{Type: html.ElementNode, Data: name, DataAtom: atom.Lookup([]byte(name)), Namespace: t.Name.Space}
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		n.Attr = append(n.Attr, html.Attribute{Key: strings.ToLower(a.Name.Local), Val: a.Value})
	}
	return n
}

// root is the first element, nil for none.
func root(page *html.Node) *html.Node { return child(page, "") }

// child is the first element of a name in another one, of any name for "".
func child(n *html.Node, name string) *html.Node {
	for c := range children(n, name) {
		return c
	}
	return nil
}

// children yields the elements of a name in another one, of any name for "".
func children(n *html.Node, name string) func(yield func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		if n == nil {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode && (name == "" || c.Data == name) && !yield(c) {
				return
			}
		}
	}
}

// at follows a path of names, "front/article-meta"; nil when there is none.
func at(n *html.Node, path string) *html.Node {
	for name := range strings.SplitSeq(path, "/") {
		if n = child(n, name); n == nil {
			return nil
		}
	}
	return n
}

// line is the text of an element on one line, "" for none.
func line(n *html.Node) string {
	if n == nil {
		return ""
	}
	return strings.Join(strings.Fields(markup.Text(n)), " ")
}
