package data

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// rowReader reads the rows of a table to [io.EOF]. A row is valid until the next one is read.
type rowReader interface {
	Read() ([]string, error)
}

const (
	// maxQuoted is the most further lines of one value.
	maxQuoted = 20
	// maxQuotedText is from which size in bytes on a value takes no further line: what a cell of
	// Excel may hold, in characters of two bytes.
	maxQuotedText = 64 << 10
)

// tabReader reads rows whose values are separated by tabs. Few programs that write them quote
// values: a quotation mark opens one only where another one closes it, on the same line or, for
// values of several lines, before the next tab. Any other mark belongs to the text.
type tabReader struct {
	in    *bufio.Reader
	ahead []string // lines that have been looked at
	row   []string
}

// Read passes over empty lines.
func (t *tabReader) Read() ([]string, error) {
	for {
		line, err := t.line(0)
		if err != nil {
			return nil, err
		}
		t.ahead = t.ahead[1:]
		if line != "" {
			t.split(line)
			return t.row, nil
		}
	}
}

// line is the n-th line from here, without its end.
func (t *tabReader) line(n int) (string, error) {
	for len(t.ahead) <= n {
		line, err := t.in.ReadString('\n')
		if err != nil && (!errors.Is(err, io.EOF) || line == "") {
			return "", err
		}
		t.ahead = append(t.ahead, strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"))
	}
	return t.ahead[n], nil
}

func (t *tabReader) split(line string) {
	t.row = t.row[:0]
	closes := true // a mark later in the line may close what another opens
	for {
		if closes && strings.HasPrefix(line, `"`) {
			value, rest, found := quoted(line[1:])
			if !found && !strings.Contains(line, "\t") {
				value, rest, found = t.quotedLines(line)
			}
			if found {
				t.row = append(t.row, value)
				if rest == "" {
					return
				}
				line = rest[1:]
				continue
			}
			closes = false
		}
		value, rest, more := strings.Cut(line, "\t")
		if t.row = append(t.row, value); !more {
			return
		}
		line = rest
	}
}

// quotedLines reads a value that begins in this line and ends in one of the next.
func (t *tabReader) quotedLines(line string) (value, rest string, found bool) {
	text := line[1:]
	for n := range maxQuoted {
		next, err := t.line(n)
		if err != nil {
			return "", "", false
		}
		value, rest, found := quoted(next)
		if before := next[:len(next)-len(rest)]; found && !strings.Contains(before, "\t") {
			t.ahead = t.ahead[n+1:]
			return unquote(text) + "\n" + value, rest, true
		}
		if strings.Contains(next, "\t") || len(text) > maxQuotedText {
			return "", "", false
		}
		text += "\n" + next
	}
	return "", "", false
}

// quoted finds the mark that closes a value: one before a tab or the end of the line.
func quoted(line string) (value, rest string, found bool) {
	for i := 0; i < len(line); i++ {
		if line[i] != '"' {
			continue
		}
		if i+1 == len(line) || line[i+1] == '\t' {
			return unquote(line[:i]), line[i+1:], true
		}
		if line[i+1] == '"' {
			i++
		}
	}
	return "", "", false
}

func unquote(text string) string { return strings.ReplaceAll(text, `""`, `"`) }
