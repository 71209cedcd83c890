package ooxml

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"
)

var (
	entity = regexp.MustCompile(`^&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});`)
	// Lines that Markdown would take for a heading, a quotation, a fence, a rule, an
	// underline or the second line of a table. A typed "1." or "-" is left as it is:
	// its author meant a list, too.
	blockStart = regexp.MustCompile("^(?:#{1,6}(?:[ \t]|$)|>|~~~|[-=:|*_][-=:|*_ \t]*$|\\+[ \t])")
)

// escape appends text so that Markdown shows it as it is, with a backslash only where
// something else would come of it. before and after are the runes next to the text, 0
// at the end of the block. In the text of a link no bracket stands alone.
func escape(out, text []byte, before, after rune, linked bool) []byte {
	address := false // inside a URL, which has to stay one piece
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		rest := text[i+size:]
		switch {
		case r == ':' && bytes.HasPrefix(rest, []byte("//")):
			address = true
		case r == '\n' || address && unicode.IsSpace(r):
			address = false
		}
		if r < utf8.RuneSelf && special[r] && (linked && (r == '[' || r == ']') ||
			!address && needsEscape(r, before, text[i:], following(rest, after))) {
			out = append(out, '\\')
		}
		out = append(out, text[i:i+size]...)
		before, i = r, i+size
	}
	return out
}

var special = [utf8.RuneSelf]bool{'\\': true, '`': true, '*': true, '_': true, '[': true, ']': true, '<': true, '&': true, '~': true}

func following(rest []byte, after rune) rune {
	if len(rest) == 0 {
		return after
	}
	r, _ := utf8.DecodeRune(rest)
	return r
}

// needsEscape decides by what stands around the rune that text begins with.
func needsEscape(r, before rune, text []byte, next rune) bool {
	switch r {
	case '\\':
		return next < utf8.RuneSelf && (unicode.IsPunct(next) || unicode.IsSymbol(next)) || next == '\n'
	case '`':
		return true
	case '*':
		return !isBlank(before) || !isBlank(next)
	case '_':
		return !(isWord(before) && isWord(next)) && !(isBlank(before) && isBlank(next))
	case '[':
		return next == '^'
	case ']':
		return next == '(' || next == ':' || next == '['
	case '<':
		return next == '/' || next == '!' || next == '?' || next < utf8.RuneSelf && unicode.IsLetter(next)
	case '&':
		return entity.Match(text[:min(len(text), 40)])
	case '~':
		return next == '~' || before == '~'
	}
	return false
}

func isBlank(r rune) bool { return r == 0 || unicode.IsSpace(r) }

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// escapeStart puts a backslash before a line that would begin a block of another kind.
func escapeStart(line string) string {
	if len(line) > 0 && !isWord(rune(line[0])) && blockStart.MatchString(line) {
		return `\` + line
	}
	return line
}
