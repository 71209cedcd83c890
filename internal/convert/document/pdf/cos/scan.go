package cos

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// Scanner reads objects and operators from bytes: of a file, or of a content stream.
type Scanner struct {
	data []byte
	at   int
}

// NewScanner reads data from its beginning.
func NewScanner(data []byte) *Scanner { return &Scanner{data: data} }

// Operator is a word that is no object: of a content stream, or "obj", "stream", "R", ...
type Operator string

// Skip moves on by n bytes.
func (s *Scanner) Skip(n int) { s.at = min(s.at+max(n, 0), len(s.data)) }

// Rest is what is not read yet.
func (s *Scanner) Rest() []byte { return s.data[s.at:] }

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func (s *Scanner) skipSpace() {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case isSpace(c):
			s.at++
		case c == '%':
			for s.at < len(s.data) && s.data[s.at] != '\n' && s.data[s.at] != '\r' {
				s.at++
			}
		default:
			return
		}
	}
}

// Next is the next object or [Operator], false at the end. References are read as such.
func (s *Scanner) Next() (Object, bool) { return s.next(0) }

func (s *Scanner) next(depth int) (Object, bool) {
	s.skipSpace()
	if s.at >= len(s.data) || depth > maxDepth {
		return nil, false
	}
	switch c := s.data[s.at]; {
	case c == '/':
		s.at++
		return s.name(), true
	case c == '(':
		s.at++
		return s.text(), true
	case c == '<':
		if s.at+1 < len(s.data) && s.data[s.at+1] == '<' {
			s.at += 2
			return s.dict(depth), true
		}
		s.at++
		return s.hex(), true
	case c == '[':
		s.at++
		return s.array(depth), true
	case isDelimiter(c):
		s.at++
		if c == '>' && s.at < len(s.data) && s.data[s.at] == '>' {
			s.at++
			return Operator(">>"), true
		}
		return Operator(string(c)), true
	}
	from := s.at
	for s.at < len(s.data) && !isSpace(s.data[s.at]) && !isDelimiter(s.data[s.at]) {
		s.at++
	}
	return s.word(s.data[from:s.at]), true
}

// word is a number, a reference, true, false, null or an operator.
func (s *Scanner) word(w []byte) Object {
	if c := w[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if n, sound := parseNumber(w); sound {
			if c >= '0' && c <= '9' && n == math.Trunc(n) {
				if s.refFollows() {
					return Ref(min(n, maxObjects*2))
				}
			}
			return n
		}
	}
	switch string(w) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	return Operator(w)
}

// refFollows takes " 0 R" if that is next.
func (s *Scanner) refFollows() bool {
	i := s.at
	for i < len(s.data) && isSpace(s.data[i]) {
		i++
	}
	from := i
	for i < len(s.data) && i < from+5 && s.data[i] >= '0' && s.data[i] <= '9' {
		i++
	}
	if i == from || i >= len(s.data) || !isSpace(s.data[i]) {
		return false
	}
	for i < len(s.data) && isSpace(s.data[i]) {
		i++
	}
	if i >= len(s.data) || s.data[i] != 'R' || i+1 < len(s.data) && !isSpace(s.data[i+1]) && !isDelimiter(s.data[i+1]) {
		return false
	}
	s.at = i + 1
	return true
}

func parseNumber(w []byte) (float64, bool) {
	sign, n, scale, digits := 1.0, 0.0, 0.0, 0
	for i, c := range w {
		switch {
		case c >= '0' && c <= '9':
			digits++
			if scale > 0 {
				n += float64(c-'0') * scale
				scale /= 10
			} else {
				n = 10*n + float64(c-'0')
			}
		case c == '.' && scale == 0:
			scale = 0.1
		case c == '-' && i == 0:
			sign = -1
		case c == '+' && i == 0:
		default:
			v, err := strconv.ParseFloat(string(w), 64)
			return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) && digits > 0
		}
	}
	return sign * n, digits > 0
}

func (s *Scanner) name() Name {
	from := s.at
	escaped := false
	for s.at < len(s.data) && !isSpace(s.data[s.at]) && !isDelimiter(s.data[s.at]) {
		escaped = escaped || s.data[s.at] == '#'
		s.at++
	}
	raw := s.data[from:s.at]
	if !escaped {
		return Name(raw)
	}
	var out []byte
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			if v, err := strconv.ParseUint(string(raw[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(v))
				i += 2
				continue
			}
		}
		out = append(out, raw[i])
	}
	return Name(out)
}

func (s *Scanner) text() String {
	var out []byte
	for depth := 1; s.at < len(s.data); s.at++ {
		c := s.data[s.at]
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				s.at++
				return String(out)
			}
		case '\\':
			out = s.escape(out)
			continue
		}
		out = append(out, c)
	}
	return String(out)
}

// escape takes what follows a backslash and leaves the scanner at its last byte.
func (s *Scanner) escape(out []byte) []byte {
	if s.at+1 >= len(s.data) {
		return out
	}
	s.at++
	c := s.data[s.at]
	if i := bytes.IndexByte([]byte("nrtbf"), c); i >= 0 {
		return append(out, "\n\r\t\b\f"[i])
	}
	switch {
	case c == '\r':
		if s.at+1 < len(s.data) && s.data[s.at+1] == '\n' {
			s.at++
		}
		return out
	case c == '\n':
		return out
	case c < '0' || c > '7':
		return append(out, c)
	}
	v := 0
	for i := 0; i < 3 && s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '7'; i++ {
		v = 8*v + int(s.data[s.at]-'0')
		s.at++
	}
	s.at--
	return append(out, byte(v))
}

func (s *Scanner) hex() String {
	var out []byte
	half, some := byte(0), false
	for ; s.at < len(s.data); s.at++ {
		c := s.data[s.at]
		v := byte(0)
		switch {
		case c == '>':
			s.at++
			if some {
				out = append(out, half<<4)
			}
			return String(out)
		case c >= '0' && c <= '9':
			v = c - '0'
		case c >= 'a' && c <= 'f':
			v = c - 'a' + 10
		case c >= 'A' && c <= 'F':
			v = c - 'A' + 10
		default:
			continue
		}
		if some {
			out = append(out, half<<4|v)
		}
		half, some = v, !some
	}
	return String(out)
}

func (s *Scanner) array(depth int) Array {
	out := Array{}
	for {
		o, more := s.next(depth + 1)
		if !more || o == Operator("]") || len(out) > maxObjects {
			return out
		}
		if _, is := o.(Operator); is {
			continue
		}
		out = append(out, o)
	}
}

func (s *Scanner) dict(depth int) Dict {
	out := Dict{}
	for {
		key, more := s.next(depth + 1)
		if !more || key == Operator(">>") || len(out) > maxObjects {
			return out
		}
		name, is := key.(Name)
		if !is {
			continue
		}
		value, more := s.next(depth + 1)
		if !more || value == Operator(">>") {
			return out
		}
		if _, is := value.(Operator); !is {
			out[name] = value
		}
	}
}

func syntax(what string) error { return fmt.Errorf("%s: %w", what, ErrSyntax) }
