package charset

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	htmlcharset "golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/ianaindex"
)

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// CleanLines takes control characters out of a text of several lines.
func CleanLines(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	s = lineEnds.Replace(s)
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, s)
}

// Reader decodes any encoding that browsers know or that IANA lists.
func Reader(label string, in io.Reader) (io.Reader, error) {
	if strings.EqualFold(label, "utf-7") {
		raw, err := io.ReadAll(in)
		return strings.NewReader(decodeUTF7(string(raw))), err
	}
	enc, _ := htmlcharset.Lookup(label)
	if enc == nil {
		enc, _ = ianaindex.MIME.Encoding(label)
	}
	if enc == nil {
		return nil, fmt.Errorf("unknown character set %.40q", label)
	}
	return enc.NewDecoder().Reader(in), nil
}
