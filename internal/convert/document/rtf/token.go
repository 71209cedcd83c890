package rtf

import (
	"errors"
	"strconv"

	"morag/internal/convert/charset"
)

// token is a piece of RTF: a group's beginning or end, a control word with its number,
// a control symbol, a byte of text.
type token struct {
	kind   kind
	word   string // of a control word or symbol, without the backslash
	number int
	has    bool // a number follows the word
	char   byte // of text
}

type kind uint8

const (
	open kind = iota
	closing
	word
	symbol
	text
)

// errEnd says that a file ends inside a group.
var errEnd = errors.New("rtf: unexpected end")

// maxOdd is how many characters that RTF does not have may stand in a text: a program that
// wrote some by mistake wrote few.
const maxOdd = 8

// scanner cuts RTF into tokens. Line ends mean nothing and are left out, and so is
// binary data.
type scanner struct {
	raw []byte
	at  int
	odd int // control characters so far
}

// next returns errRTFEnd at the end, and errBinary when what it reads is no text.
func (s *scanner) next() (token, error) {
	for s.at < len(s.raw) {
		c := s.raw[s.at]
		s.at++
		switch c {
		case '{':
			return token{kind: open}, nil
		case '}':
			return token{kind: closing}, nil
		case '\r', '\n', 0:
			continue
		case '\\':
			return s.control()
		}
		if c < ' ' && c != '\t' {
			if s.odd++; s.odd > maxOdd {
				return token{}, charset.ErrBinary
			}
		}
		return token{kind: text, char: c}, nil
	}
	return token{}, errEnd
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// control reads what follows a backslash.
func (s *scanner) control() (token, error) {
	if s.at >= len(s.raw) {
		return token{}, errEnd
	}
	c := s.raw[s.at]
	if c == '\'' && s.at+2 < len(s.raw) {
		if b, err := strconv.ParseUint(string(s.raw[s.at+1:s.at+3]), 16, 8); err == nil {
			s.at += 3
			return token{kind: text, char: byte(b)}, nil
		}
	}
	if !isLetter(c) {
		s.at++
		if c == '\r' || c == '\n' {
			return token{kind: word, word: "par"}, nil
		}
		return token{kind: symbol, word: string(rune(c))}, nil
	}
	start := s.at
	for s.at < len(s.raw) && isLetter(s.raw[s.at]) && s.at-start < 32 {
		s.at++
	}
	t := token{kind: word, word: string(s.raw[start:s.at])}
	digits := s.at
	if s.at < len(s.raw) && s.raw[s.at] == '-' {
		s.at++
	}
	for s.at < len(s.raw) && s.raw[s.at] >= '0' && s.raw[s.at] <= '9' && s.at-digits < 11 {
		s.at++
	}
	if n, err := strconv.ParseInt(string(s.raw[digits:s.at]), 10, 32); err == nil {
		t.number, t.has = int(n), true
	} else {
		s.at = digits
	}
	if s.at < len(s.raw) && s.raw[s.at] == ' ' {
		s.at++
	}
	if t.word == "bin" && t.number > 0 {
		s.at += min(t.number, len(s.raw)-s.at)
	}
	return t, nil
}
