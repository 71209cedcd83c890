package main

import (
	"strconv"
	"strings"
	"unicode"
)

// oneLine makes text of a stranger safe for a line of a terminal: what is no printable
// character, and what turns the direction of the text, is shown by its number instead of
// being obeyed. Line breaks and tabs become blanks.
func oneLine(s string) string {
	return visible(s, func(rune) bool { return false })
}

// paragraphs does so with a text of many lines, which it keeps.
func paragraphs(s string) string {
	return visible(s, func(r rune) bool { return r == '\n' || r == '\t' })
}

func visible(s string, keep func(rune) bool) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsPrint(r) || keep(r):
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}
