package rtf

import (
	"strings"

	"morag/internal/convert/document/markup"
)

// maxInstruction is the longest instruction of a field in bytes.
const maxInstruction = 4 << 10

// field is what a program computes: its instruction, and the result, which is text like any
// other.
type field struct {
	instruction string
	address     string // that the result leads to
	form        form
}

// form is a box that is filled in.
type form struct {
	kind, value, standard int
	items                 []string
}

// Kinds of forms, and the value that stands for the standard one.
const (
	formCheck = 1
	formDrop  = 2
	formUnset = 25
)

// word reads a word of a form.
func (f *field) word(t token) {
	switch t.word {
	case "fftype":
		f.form.kind, f.form.value = t.number, formUnset
	case "ffres":
		f.form.value = t.number
	case "ffdefres":
		f.form.standard = t.number
	case "ffl":
		if len(f.form.items) < 100 {
			f.form.items = append(f.form.items, "")
		}
	}
}

// shown is what a form shows that has no text of its own.
func (f *field) shown() string {
	value := f.form.value
	if value == formUnset {
		value = f.form.standard
	}
	switch {
	case f.form.kind == formCheck && value == 1:
		return "☒"
	case f.form.kind == formCheck:
		return "☐"
	case f.form.kind == formDrop && value >= 0 && value < len(f.form.items):
		return strings.TrimSpace(f.form.items[value])
	}
	return ""
}

// link is the address that a field leads to, "" when it leads nowhere or to another place
// in the document.
func (f *field) link() string {
	words := strings.Fields(f.instruction)
	if len(words) < 2 || !strings.EqualFold(words[0], "HYPERLINK") {
		return ""
	}
	for i := 1; i < len(words); i++ {
		if switched, isSwitch := strings.CutPrefix(words[i], `\`); isSwitch {
			switched = strings.TrimLeft(switched, `\`)
			if switched == "l" || switched == "o" || switched == "t" || switched == "s" { // it has a word of its own
				i++
			}
			continue
		}
		if address := strings.Trim(words[i], `"`); markup.IsOutside(address) {
			return address
		}
		return ""
	}
	return ""
}
