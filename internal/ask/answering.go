package ask

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
)

// errLong ends an answer that is longer than it may be.
var errLong = errors.New("the answer is too long")

// answering is an answer as it comes. What may yet become the refusal, or a reference, is
// held back until that is known.
type answering struct {
	passages int // how many there are to refer to
	say      func(text string) error

	text  strings.Builder // what was said
	held  string
	begun bool // it is no refusal
	long  bool
	cited map[int]bool
}

// add takes the next piece of the model's.
func (a *answering) add(text string) error {
	a.held += clean(text)
	if !a.begun {
		rest := strings.TrimLeftFunc(a.held, unicode.IsSpace)
		if strings.HasPrefix(rest, refusal) || strings.HasPrefix(refusal, rest) {
			return a.bound(rest)
		}
		a.begun, a.held = true, rest
	}
	return a.flush(false)
}

// bound ends what goes on after a refusal for too long.
func (a *answering) bound(rest string) error {
	if len(rest) > maxAnswer {
		return errLong
	}
	return nil
}

// clean leaves out what a terminal or a page might obey.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar) {
			return -1
		}
		return r
	}, text)
}

// maxReference is the length of the longest reference: [20].
const maxReference = 4

// flush says what is held, but for the beginning of a reference when more may come.
func (a *answering) flush(last bool) error {
	var out strings.Builder
	for a.held != "" {
		at := strings.IndexByte(a.held, '[')
		if at < 0 {
			at = len(a.held)
		}
		out.WriteString(a.held[:at])
		if a.held = a.held[at:]; a.held == "" {
			break
		}
		digits := strings.TrimLeft(a.held[1:], "0123456789")
		n := len(a.held) - len(digits) // of the bracket and its digits
		switch {
		case digits == "" && !last && n < 3*maxReference:
			return a.pass(out.String())
		case n > 1 && strings.HasPrefix(digits, "]"):
			a.refer(&out, a.held[1:n])
			a.held = digits[1:]
		default: // it is no reference
			out.WriteString(a.held[:n])
			a.held = a.held[n:]
		}
	}
	return a.pass(out.String())
}

// refer writes a reference to a passage that there is.
func (a *answering) refer(out *strings.Builder, digits string) {
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > a.passages {
		return
	}
	if a.cited == nil {
		a.cited = make(map[int]bool)
	}
	a.cited[n] = true
	out.WriteString("[" + strconv.Itoa(n) + "]")
}

func (a *answering) pass(text string) error {
	if a.text.Len()+len(text) > maxAnswer {
		text = strings.ToValidUTF8(text[:maxAnswer-a.text.Len()], "")
		a.long = true
	}
	if text == "" {
		return nil
	}
	a.text.WriteString(text)
	if err := a.say(text); err != nil {
		return err
	}
	if a.long {
		return errLong
	}
	return nil
}

// end says what is still held. An answer without a word, or a refusal, is NotFound.
func (a *answering) end() error {
	if a.begun && !a.long {
		if err := a.flush(true); err != nil && !errors.Is(err, errLong) {
			return err
		}
	}
	if strings.TrimSpace(a.text.String()) != "" {
		return nil
	}
	a.begun = false
	a.text.Reset()
	a.text.WriteString(NotFound)
	return a.say(NotFound)
}

// found tells whether there is an answer, after the end.
func (a *answering) found() bool { return a.begun }
