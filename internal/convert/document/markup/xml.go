package markup

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"morag/internal/convert/charset"
)

// UnmarshalXML reads XML as encoding/xml does, by [NewXMLDecoder] and with the entities of
// HTML.
func UnmarshalXML(raw []byte, value any) error {
	d := NewXMLDecoder(bytes.NewReader(raw))
	d.Entity = xml.HTMLEntity
	return d.Decode(value)
}

// NewXMLDecoder reads XML of any encoding that browsers know. It knows no entities but
// XML's own and expands none that a file declares.
func NewXMLDecoder(r io.Reader) *xml.Decoder {
	d := xml.NewDecoder(r)
	d.CharsetReader = charset.Reader
	return d
}

// MaxDepth is how deep elements may nest.
const MaxDepth = 400

// ErrDepth: elements nest deeper than MaxDepth.
var ErrDepth = errors.New("nested too deeply")
