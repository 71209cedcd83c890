package ooxml

import (
	"strings"
	"unicode/utf8"
)

// math reads a formula (OMML) as one line of text: fractions with a slash, raised and
// lowered parts with ^ and _, roots with √.
func (x *scanner) math() (string, error) {
	f := formula{scanner: x, left: maxFormula}
	return f.math()
}

// maxFormula is how many bytes of a formula are kept.
const maxFormula = 64 << 10

type formula struct {
	*scanner
	left int
}

func (x *formula) math() (string, error) {
	var b strings.Builder
	err := x.each(func(e element) error {
		text, err := x.mathPart(e)
		b.WriteString(text)
		return err
	})
	return b.String(), err
}

func (x *formula) mathPart(e element) (string, error) {
	switch e.name {
	case "m:t":
		text, err := x.text()
		if x.left -= len(text); x.left < 0 {
			text = ""
		}
		return text, err
	case "m:den":
		text, err := x.math()
		return "/" + group(text), err
	case "m:num":
		text, err := x.math()
		return group(text), err
	case "m:sup", "m:sub":
		text, err := x.math()
		if text == "" {
			return "", err
		}
		sign := map[string]string{"m:sup": "^", "m:sub": "_"}[e.name]
		return sign + group(text), err
	case "m:rad":
		text, err := x.radical()
		return "√" + group(text), err
	case "m:d":
		text, err := x.math()
		return "(" + text + ")", err
	case "m:nary":
		return x.nary()
	}
	if strings.HasSuffix(e.name, "Pr") || e.name == "w:del" {
		return "", x.skip()
	}
	return x.math()
}

// radical leaves out the degree, which most roots hide.
func (x *formula) radical() (string, error) {
	text := ""
	err := x.each(func(e element) error {
		if e.name != "m:e" {
			return nil
		}
		var err error
		text, err = x.math()
		return err
	})
	return text, err
}

// nary is a sum, a product or an integral, whose sign stands in its properties.
func (x *formula) nary() (string, error) {
	sign := "∫"
	var b strings.Builder
	err := x.each(func(e element) error {
		if e.name == "m:naryPr" {
			return x.each(func(e element) error {
				if e.name == "m:chr" && len(e.attr("m", "val")) <= 8 {
					sign = e.attr("m", "val")
				}
				return nil
			})
		}
		part, err := x.mathPart(e)
		if e.name == "m:e" && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(part)
		return err
	})
	return sign + b.String(), err
}

// group puts brackets around what is longer than one sign or one word.
func group(text string) string {
	if utf8.RuneCountInString(text) > 1 && strings.ContainsFunc(text, func(r rune) bool { return !isWord(r) && r != '.' }) &&
		!(strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")")) {
		return "(" + text + ")"
	}
	return text
}
