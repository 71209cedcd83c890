package ooxml

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"io"

	"morag/internal/convert"
)

// spaces are the short names of the XML namespaces, of the transitional form of the
// format and of the strict one.
var spaces = map[string]string{
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main":              "w",
	"http://purl.oclc.org/ooxml/wordprocessingml/main":                          "w",
	"http://schemas.openxmlformats.org/presentationml/2006/main":                "p",
	"http://purl.oclc.org/ooxml/presentationml/main":                            "p",
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main":                 "x",
	"http://purl.oclc.org/ooxml/spreadsheetml/main":                             "x",
	"http://schemas.openxmlformats.org/drawingml/2006/main":                     "a",
	"http://purl.oclc.org/ooxml/drawingml/main":                                 "a",
	"http://schemas.openxmlformats.org/drawingml/2006/diagram":                  "dgm",
	"http://purl.oclc.org/ooxml/drawingml/diagram":                              "dgm",
	"http://schemas.openxmlformats.org/drawingml/2006/chart":                    "c",
	"http://purl.oclc.org/ooxml/drawingml/chart":                                "c",
	"http://schemas.openxmlformats.org/drawingml/2006/picture":                  "pic",
	"http://purl.oclc.org/ooxml/drawingml/picture":                              "pic",
	"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing":    "wp",
	"http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing":                "wp",
	"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing":       "xdr",
	"http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing":                   "xdr",
	"urn:schemas-microsoft-com:vml":                                             "v",
	"urn:schemas-microsoft-com:office:office":                                   "o",
	"http://schemas.microsoft.com/office/powerpoint/2018/8/main":                "p188",
	"http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments":   "tc",
	"http://schemas.openxmlformats.org/officeDocument/2006/math":                "m",
	"http://purl.oclc.org/ooxml/officeDocument/math":                            "m",
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships":       "r",
	"http://purl.oclc.org/ooxml/officeDocument/relationships":                   "r",
	"http://schemas.openxmlformats.org/markup-compatibility/2006":               "mc",
	"http://schemas.openxmlformats.org/package/2006/relationships":              "rel",
	"http://schemas.openxmlformats.org/package/2006/metadata/core-properties":   "cp",
	"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties": "ep",
	"http://purl.oclc.org/ooxml/officeDocument/extendedProperties":              "ep",
	"http://purl.org/dc/elements/1.1/":                                          "dc",
	"http://purl.org/dc/terms/":                                                 "dcterms",
	"http://schemas.microsoft.com/office/drawing/2010/main":                     "a14",
}

// element is the start of an element, its name with the short namespace: "w:p".
// Elements of namespaces that are not listed begin with a colon.
type element struct {
	name  string
	attrs []xml.Attr
}

// attr returns an attribute's value, "" if it is not there.
func (e element) attr(space, local string) string {
	for _, a := range e.attrs {
		if a.Name.Local == local && spaces[a.Name.Space] == space {
			return a.Value
		}
	}
	return ""
}

// val is the attribute in which WordprocessingML keeps most values.
func (e element) val() string { return e.attr("w", "val") }

// on reads a switch: an element that is there is on unless it says otherwise.
func (e element) on() bool { return isOn(e.val(), true) }

func isOn(value string, absent bool) bool {
	switch value {
	case "":
		return absent
	case "0", "false", "off":
		return false
	}
	return true
}

// scanner walks the elements of a part. Its methods stand inside an element, whose
// start has been read, and end with its end.
type scanner struct {
	ctx     context.Context
	decoder *xml.Decoder
	part    *part
	names   map[xml.Name]string
	depth   int
	tokens  int
}

// scan reads a part and calls visit for its root element. Its errors are those that
// end the conversion, and damage of this part alone ([isDamage]).
func (a *pack) scan(ctx context.Context, name string, limit int64, visit func(s *scanner, root element) error) error {
	p, err := a.open(name, limit)
	if err != nil {
		return err
	}
	defer p.Close()
	s := &scanner{ctx: ctx, part: p, names: map[xml.Name]string{}}
	s.decoder = xml.NewDecoder(bufio.NewReaderSize(p, 32<<10))
	seen := false
	err = s.each(func(root element) error {
		seen = true
		return visit(s, root)
	})
	if err == nil && !seen {
		err = io.ErrUnexpectedEOF
	}
	var told *convert.Error
	if err == nil || errors.As(err, &told) || ctx.Err() != nil {
		return err
	}
	return a.Damage(name, err)
}

// each calls visit for every child of the element. What visit does not read of a
// child is skipped.
func (s *scanner) each(visit func(e element) error) error {
	for {
		token, err := s.next()
		if err != nil {
			if errors.Is(err, io.EOF) && s.depth == 0 {
				return nil
			}
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth := s.depth
			if err := visit(element{name: s.name(t.Name), attrs: t.Attr}); err != nil {
				return err
			}
			if s.depth == depth {
				if err := s.skip(); err != nil {
					return err
				}
			}
		case xml.EndElement:
			return nil
		}
	}
}

// alternate calls visit for the contents of the first choice between several forms
// of the same thing, so that none is read twice.
func (s *scanner) alternate(visit func(e element) error) error {
	taken := false
	return s.each(func(e element) error {
		if taken || e.name != "mc:Choice" && e.name != "mc:Fallback" {
			return nil
		}
		taken = true
		return s.each(visit)
	})
}

// text returns the text of the element and of all in it.
func (s *scanner) text() (string, error) {
	var first string // an element has one stretch of text almost always
	var all []byte
	for depth := s.depth; ; {
		token, err := s.next()
		if err != nil {
			return "", err
		}
		if t, ok := token.(xml.CharData); ok {
			switch {
			case len(all) > 0:
				all = append(all, t...)
			case first != "":
				all = append(append(all, first...), t...)
			default:
				first = string(t)
			}
			if int64(len(all)) > s.part.pack.limits.MaxToken {
				return "", convert.BadSource("a text without a break in the document is too long", nil)
			}
		}
		if s.depth < depth {
			if all != nil {
				return string(all), nil
			}
			return first, nil
		}
	}
}

func (s *scanner) skip() error {
	for depth := s.depth; s.depth >= depth; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) next() (xml.Token, error) {
	if s.tokens++; s.tokens%256 == 0 {
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
	}
	token, err := s.decoder.Token()
	if err != nil {
		return nil, err
	}
	s.part.token = s.part.Offset()
	switch token.(type) {
	case xml.StartElement:
		if s.depth++; s.depth > s.part.pack.limits.MaxDepth {
			return nil, convert.BadSource("the document is nested too deeply", nil)
		}
	case xml.EndElement:
		s.depth--
	}
	return token, nil
}

// name joins the parts of a name once; the names of a part are few, and those of a
// hostile one are not kept for ever.
func (s *scanner) name(n xml.Name) string {
	if name, ok := s.names[n]; ok {
		return name
	}
	name := spaces[n.Space] + ":" + n.Local
	if len(s.names) < 1000 {
		s.names[n] = name
	}
	return name
}
