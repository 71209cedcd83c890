package markup

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// ParseXHTML makes a page of XHTML, which a parser of HTML gets wrong where an element
// ends in its own tag (<title/>). What is no well-formed XML is read as HTML.
func ParseXHTML(raw []byte) (*html.Node, error) {
	page, err := BuildXHTML(raw)
	if err == nil || errors.Is(err, ErrDepth) {
		return page, err
	}
	text, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	return html.Parse(strings.NewReader(text))
}

// BuildXHTML makes a page of well-formed XML.
func BuildXHTML(raw []byte) (*html.Node, error) {
	d := NewXMLDecoder(bytes.NewReader(raw))
	d.Entity = xml.HTMLEntity
	page := &html.Node{Type: html.DocumentNode}
	at, depth := page, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if page.FirstChild == nil || depth > 0 {
				return nil, io.ErrUnexpectedEOF
			}
			return page, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > MaxDepth {
				return nil, ErrDepth
			}
			n := xhtmlElement(t)
			at.AppendChild(n)
			at = n
		case xml.EndElement:
			at, depth = at.Parent, depth-1
		case xml.CharData:
			if at != page {
				at.AppendChild(&html.Node{Type: html.TextNode, Data: string(t)})
			}
		}
	}
}

func xhtmlElement(t xml.StartElement) *html.Node {
	name := strings.ToLower(t.Name.Local)
	n := &html.Node{Type: html.ElementNode, Data: name, DataAtom: atom.Lookup([]byte(name))}
	for _, a := range t.Attr {
		key := strings.ToLower(a.Name.Local)
		if strings.HasSuffix(a.Name.Space, "/ops") || a.Name.Space == "epub" {
			key = "epub:" + key
		}
		n.Attr = append(n.Attr, html.Attribute{Key: key, Val: a.Value})
	}
	return n
}
