package mail

import (
	"bytes"
	"cmp"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"morag/internal/convert/charset"
)

// maxParameters is how many pieces of parameters one field may have.
const maxParameters = 1000

// parameters reads a field such as Content-Type: its value in lower case, and its
// parameters with those put together that are in pieces or encoded (RFC 2231). Programs
// forget semicolons and quotes, and what is forgotten is guessed.
func parameters(field string) (value string, params map[string]string) {
	value, rest, _ := strings.Cut(field, ";")
	if fields := strings.Fields(value); len(fields) > 1 { // "text/plain charset=utf-8"
		rest = strings.Join(fields[1:], " ") + ";" + rest
		value = fields[0]
	}
	value = strings.ToLower(strings.TrimSpace(value))
	pieces := map[string]map[int]piece{}
	for n := 0; n < maxParameters && rest != ""; n++ {
		var name, text string
		name, text, rest = nextParameter(rest)
		base, number, encoded := splitName(name)
		if base == "" {
			continue
		}
		if pieces[base] == nil {
			pieces[base] = map[int]piece{}
		}
		if _, known := pieces[base][number]; !known {
			pieces[base][number] = piece{text, encoded}
		}
	}
	params = map[string]string{}
	for name, all := range pieces {
		params[name] = join(all)
	}
	return value, params
}

// piece is a parameter or a part of one.
type piece struct {
	text    string
	encoded bool
}

// nextParameter takes one parameter off the front.
func nextParameter(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, "; \t")
	end := strings.IndexAny(s, "=;")
	if end < 0 || s[end] == ';' {
		_, rest, _ = strings.Cut(s, ";")
		return "", "", rest
	}
	name = strings.ToLower(strings.TrimSpace(s[:end]))
	s = strings.TrimLeft(s[end+1:], " \t")
	if strings.HasPrefix(s, `"`) {
		value, rest = unquote(s[1:])
		return name, value, rest
	}
	end = strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	if blank := strings.IndexAny(s[:end], " \t"); blank >= 0 && !strings.HasSuffix(name, "name") { // names of files have blanks
		end = blank
	}
	return name, strings.TrimSpace(s[:end]), s[end:]
}

// unquote reads up to the closing quote.
func unquote(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

// splitName reads "filename*1*": the second piece of the file's name, encoded.
func splitName(name string) (base string, number int, encoded bool) {
	base, more, _ := strings.Cut(name, "*")
	fields := strings.Fields(base)
	if len(fields) == 0 {
		return "", 0, false
	}
	digits, encoded := strings.CutSuffix(more, "*")
	if strings.HasSuffix(name, "*") && !encoded {
		encoded = true
	}
	number, _ = strconv.Atoi(digits)
	return fields[len(fields)-1], number, encoded
}

// join puts the pieces of a parameter together. A character may be in two of them.
func join(pieces map[int]piece) string {
	var raw []byte
	label := ""
	for i, number := range slices.Sorted(maps.Keys(pieces)) {
		p := pieces[number]
		if !p.encoded {
			raw = append(raw, p.text...)
			continue
		}
		text := p.text
		if set, more, found := strings.Cut(text, "'"); i == 0 && found {
			label = set
			_, text, _ = strings.Cut(more, "'")
		}
		raw = append(raw, unescape(text)...)
	}
	if label == "" {
		return string(raw)
	}
	in, err := charset.Reader(cmp.Or(label, "utf-8"), bytes.NewReader(raw))
	if err != nil {
		return string(raw)
	}
	decoded, err := io.ReadAll(in)
	if err != nil {
		return string(raw)
	}
	return string(decoded)
}

// unescape reads %20 and leaves alone what is no such code.
func unescape(s string) []byte {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if b, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(b))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}
