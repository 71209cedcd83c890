package chunk

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a line is in Markdown, or in a transcript.
type kind int

const (
	prose     kind = iota
	heading        // "## Title", or the line under a title: "====="
	item           // "- one", "2. two", "• three"
	row            // "| a | b |"
	stamped        // "[00:01:05] spoken"
	fence          // "```go", which opens code
	code           // between the fences
	codeClose      // "```"
)

// line is a line that is not blank, and what stands between it and the last such.
type line struct {
	start    int // offset of its first rune that is not white space
	kind     kind
	quoted   bool // "> text"
	under    bool // a heading by the line before, which it underlines
	indented bool
	lower    bool // starts with a lower-case letter
	blank    bool // after a blank line
	page     bool // after a page break
}

// lines walks over the lines of a text that are not blank. A line ends with a line
// feed, a carriage return or both, or with a page break. In a quotation, a line is
// what it is after the ">".
func lines(text string) iter.Seq[line] {
	return func(yield func(line) bool) {
		var last, l line
		fenced := "" // the fence that opened the code we are in
		for pos := 0; pos < len(text); {
			end, after := lineEnd(text, pos)
			trimmed := strings.TrimLeftFunc(text[pos:end], unicode.IsSpace)
			body := strings.TrimSpace(strings.TrimLeft(trimmed, "> "))
			if body == "" {
				l.blank = true
			} else {
				l.start = end - len(trimmed)
				l.quoted = trimmed[0] == '>'
				l.indented = l.start > pos
				first, _ := utf8.DecodeRuneInString(body)
				l.lower = unicode.IsLower(first)
				if l.kind, fenced = classify(body, fenced); l.underlines(last, body) {
					l.kind, l.under = heading, true
				}
				if !yield(l) {
					return
				}
				last, l = l, line{}
			}
			l.page = l.page || end < len(text) && text[end] == '\f'
			pos = after
		}
	}
}

// lineEnd is the end of the line at pos and the start of the one after it.
func lineEnd(text string, pos int) (end, after int) {
	for end = pos; end < len(text); end++ {
		switch text[end] {
		case '\r':
			if strings.HasPrefix(text[end:], "\r\n") {
				return end, end + 2
			}
			return end, end + 1
		case '\n', '\f':
			return end, end + 1
		}
	}
	return end, end
}

// classify names the kind of a line, given the fence that opened the code it is in,
// and returns the fence for the next line.
func classify(body, fenced string) (kind, string) {
	ticks := fenceOf(body)
	switch {
	case fenced != "" && strings.HasPrefix(ticks, fenced) && ticks == body:
		return codeClose, ""
	case fenced != "":
		return code, fenced
	case ticks != "" && !strings.Contains(body[len(ticks):], "`"):
		return fence, ticks
	case isHeading(body):
		return heading, ""
	case body[0] == '|':
		return row, ""
	case isItem(body):
		return item, ""
	case isStamped(body):
		return stamped, ""
	}
	return prose, ""
}

// fenceOf is the run of three or more backticks or tildes a line starts with.
func fenceOf(body string) string {
	if body[0] != '`' && body[0] != '~' {
		return ""
	}
	rest := strings.TrimLeft(body, body[:1])
	if n := len(body) - len(rest); n >= 3 {
		return body[:n]
	}
	return ""
}

func isHeading(body string) bool {
	rest := strings.TrimLeft(body, "#")
	level := len(body) - len(rest)
	return level >= 1 && level <= 6 && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// isItem takes numbers of up to two digits: a longer one at the start of a line is
// rather a year that ends a wrapped sentence.
func isItem(body string) bool {
	marker, _, spaced := strings.Cut(body[:min(len(body), 5)], " ")
	switch marker {
	case "-", "*", "+", "•", "◦", "‣", "▪", "·":
		return spaced
	}
	digits := strings.TrimLeft(marker, "0123456789")
	n := len(marker) - len(digits)
	return spaced && n >= 1 && n <= 2 && (digits == "." || digits == ")")
}

// maxStamp is enough for "[00:01:05.123 --> 00:01:07.456]".
const maxStamp = 40

func isStamped(body string) bool {
	if body[0] != '[' {
		return false
	}
	inside, _, closed := strings.Cut(body[1:min(len(body), maxStamp)], "]")
	return closed && strings.Contains(inside, ":") && strings.Trim(inside, "0123456789:.,-–> ") == ""
}

// underlines tells whether a line is the rule under a title.
func (l line) underlines(last line, body string) bool {
	return last.kind == prose && last.start < l.start && !l.blank && !l.page && len(body) >= 2 &&
		(strings.Trim(body, "=") == "" || strings.Trim(body, "-") == "")
}
