package ooxml

import (
	"strings"
)

// field is a field code that is open, such as HYPERLINK "address". Between its start
// and its separator stands the instruction, after that what the reader sees.
type field struct {
	instruction []byte
	shown       bool
	link        string
	form        string // what it shows when it has no text
	from        int    // where its text begins in the paragraph
}

const (
	maxFields      = 100     // open at the same time
	maxInstruction = 8 << 10 // bytes of a field's instruction
)

// field reads what belongs to field codes and nothing else.
func (s *story) field(e element) error {
	n := len(s.fields)
	switch e.name {
	case "w:fldChar":
		switch e.attr("w", "fldCharType") {
		case "begin":
			if n < maxFields {
				shown, err := s.form()
				s.fields = append(s.fields, field{form: shown})
				return err
			}
		case "separate":
			if n > 0 {
				f := &s.fields[n-1]
				f.shown, f.link, f.from = true, fieldLink(string(f.instruction)), len(s.p.text.text)
			}
		case "end":
			if n == 0 {
				return nil
			}
			f := s.fields[n-1]
			if s.fields = s.fields[:n-1]; f.form != "" && (!f.shown || f.from == len(s.p.text.text)) {
				return s.write(f.form, 0)
			}
		}
	case "w:instrText":
		if n == 0 {
			return nil
		}
		text, err := s.x.text()
		if f := &s.fields[n-1]; len(f.instruction)+len(text) <= maxInstruction {
			f.instruction = append(f.instruction, text...)
		}
		return err
	}
	return nil
}

// hidden tells whether the text here belongs to an instruction.
func (s *story) hidden() bool {
	for _, f := range s.fields {
		if !f.shown {
			return true
		}
	}
	return false
}

// endInstructions ends the fields begun in a paragraph whose instruction does not end
// with it: a field that is never separated must not swallow the rest of the text.
func (s *story) endInstructions(from int) {
	for i := from; i < len(s.fields); i++ {
		if !s.fields[i].shown {
			s.fields = s.fields[:i]
			return
		}
	}
}

// fieldLink reads HYPERLINK "address" \l "place"; other fields have no link.
func fieldLink(instruction string) string {
	words := fieldWords(instruction)
	if len(words) == 0 || !strings.EqualFold(words[0], "HYPERLINK") {
		return ""
	}
	address, place := "", ""
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case `\l`, `\L`:
			if i++; i < len(words) {
				place = words[i]
			}
		case `\o`, `\t`, `\O`, `\T`:
			i++
		case `\n`, `\m`, `\h`, `\*`:
		default:
			if address == "" {
				address = words[i]
			}
		}
	}
	if place != "" && address != "" && !strings.Contains(address, "#") {
		address += "#" + place
	}
	return link(address)
}

// fieldWords cuts an instruction at its blanks, but not between quotation marks.
func fieldWords(instruction string) []string {
	var words []string
	for {
		instruction = strings.TrimLeft(instruction, " \t\r\n\u00a0")
		if instruction == "" {
			return words
		}
		var word string
		if rest, quoted := strings.CutPrefix(instruction, `"`); quoted {
			word, instruction, _ = strings.Cut(rest, `"`)
		} else {
			end := strings.IndexAny(instruction, " \t\r\n\"")
			if end < 0 {
				end = len(instruction)
			}
			word, instruction = instruction[:end], instruction[end:]
		}
		words = append(words, word)
	}
}
