package pdf

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"morag/internal/convert/document/pdf/cos"
)

const (
	// maxXFA bounds the bytes of a form, and maxFields its fields.
	maxXFA, maxFields = 16 << 20, 10_000
)

// formFields reads what is filled in a form of the kind XFA, of which the pages hold but a
// placeholder: "name: value", in the order of the form.
func formFields(file *cos.File) []string {
	var raw []byte
	switch o := file.Resolve(file.Dict(file.Root()["AcroForm"])["XFA"]).(type) {
	case *cos.Stream:
		raw, _ = file.Data(o)
	case cos.Array: // a name before each of the parts
		for i := 1; i < len(o); i += 2 {
			if stream, is := file.Resolve(o[i]).(*cos.Stream); is && len(raw) < maxXFA {
				part, _ := file.Data(stream)
				raw = append(raw, part...)
			}
		}
	}
	if len(raw) == 0 || len(raw) > maxXFA {
		return nil
	}
	return fieldsOf(raw)
}

// fieldsOf takes the innermost elements of the data of a form.
func fieldsOf(raw []byte) []string {
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	decoder.Strict = false
	decoder.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var fields []string
	inData, leaf := 0, false
	var text strings.Builder
	for len(fields) < maxFields {
		token, err := decoder.Token()
		if err != nil {
			return fields
		}
		switch t := token.(type) {
		case xml.StartElement:
			if inData > 0 || t.Name.Local == "data" && strings.Contains(t.Name.Space, "xfa") {
				inData++
			}
			leaf = true
			text.Reset()
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			value := strings.Join(strings.Fields(strings.ToValidUTF8(text.String(), "")), " ")
			if inData > 1 && leaf && value != "" {
				fields = append(fields, fmt.Sprintf("%s: %s", t.Name.Local, value))
			}
			inData = max(inData-1, 0)
			leaf = false
			text.Reset()
		}
	}
	return fields
}
