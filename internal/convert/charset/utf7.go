package charset

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
)

var utf7Base64 = base64.StdEncoding.WithPadding(base64.NoPadding)

// decodeUTF7 decodes what mail programs once wrote (RFC 2152): ASCII, with anything else as
// base64 of UTF-16 between "+" and "-".
func decodeUTF7(text string) string {
	var out strings.Builder
	for {
		plain, rest, found := strings.Cut(text, "+")
		out.WriteString(plain)
		if !found {
			return out.String()
		}
		end := strings.IndexFunc(rest, func(r rune) bool {
			return r != '+' && r != '/' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		})
		if end < 0 {
			end = len(rest)
		}
		code := rest[:end]
		if text = rest[end:]; strings.HasPrefix(text, "-") {
			text = text[1:]
			if code == "" {
				out.WriteByte('+')
				continue
			}
		}
		raw, err := utf7Base64.DecodeString(code)
		if err != nil || code == "" {
			out.WriteString("+" + code)
			continue
		}
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
		}
		out.WriteString(string(utf16.Decode(units)))
	}
}
