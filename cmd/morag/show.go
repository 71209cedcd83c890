package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/term"
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

// isTerminal tells whether somebody looks at what is written to w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// copyText copies a text of a stranger as it is, to a terminal with its control
// characters shown.
func copyText(w io.Writer, r io.Reader) error {
	if !isTerminal(w) {
		_, err := io.Copy(w, r)
		return err
	}
	return copyShown(w, r)
}

// copyShown goes by lines, so that no character is cut in two.
func copyShown(w io.Writer, r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if _, failed := io.WriteString(w, paragraphs(line)); failed != nil {
			return failed
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the text: %w", err)
		}
	}
}
