package main

import (
	"io"
	"os"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"
)

// screen is a terminal. Whatever is written to it, its control characters are shown
// instead of being obeyed: all that a command prints comes by here, and much of that
// strangers have made. It is safe for concurrent use.
type screen struct {
	to *os.File

	mu   sync.Mutex
	half []byte // the beginning of a character whose end has not come yet
}

// outlet is where a command prints to: a file or a pipe gets every byte as it is.
func outlet(f *os.File) io.Writer {
	if !term.IsTerminal(int(f.Fd())) {
		return f
	}
	return &screen{to: f}
}

// Write implements [io.Writer].
func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append(s.half, text...)
	whole := len(all)
	for from := len(all) - 1; from >= max(0, len(all)-utf8.UTFMax); from-- {
		if utf8.RuneStart(all[from]) {
			if !utf8.FullRune(all[from:]) {
				whole = from
			}
			break
		}
	}
	_, err := io.WriteString(s.to, paragraphs(string(all[:whole])))
	s.half = append([]byte(nil), all[whole:]...)
	if err != nil {
		return 0, err
	}
	return len(text), nil
}

// terminalOf is the terminal that w writes to, nil when that is none. What is written to it
// is obeyed.
func terminalOf(w io.Writer) *os.File {
	if s, ok := w.(*screen); ok {
		return s.to
	}
	return nil
}

// isTerminal tells whether somebody looks at what is written to w.
func isTerminal(w io.Writer) bool { return terminalOf(w) != nil }

// wide is w for what a terminal may obey: the help, which is made for its width and holds
// nothing of strangers, and text of theirs that has been made safe.
func wide(w io.Writer) io.Writer {
	if f := terminalOf(w); f != nil {
		return f
	}
	return w
}
