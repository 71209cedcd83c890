package odt

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
)

// shown is what a cell with the text says: a date in ISO 8601, a number with all its
// digits. It is not known when the cell has only a formula, which stands for it.
func shown(e xml.StartElement, text string) (value string, known bool) {
	switch odtAttr(e, "value-type") {
	case "date":
		if date := odtAttr(e, "date-value"); date != "" {
			return plainDate(date), true
		}
	case "float", "currency", "percentage":
		return number(e, text), true
	case "boolean":
		if text == "" {
			return strings.ToUpper(odtAttr(e, "boolean-value")), true
		}
	case "string":
		if text == "" {
			return odtAttr(e, "string-value"), true
		}
	case "time":
		if text == "" {
			return odtAttr(e, "time-value"), true
		}
	}
	formula := odtAttr(e, "formula")
	if text != "" || formula == "" || odtAttr(e, "value-type") != "" {
		return text, true
	}
	if _, rest, found := strings.Cut(formula, ":="); found { // "of:=[.A1]"
		formula = "=" + rest
	}
	return formula, false
}

// plainDate leaves out parts of a second that are none.
func plainDate(date string) string {
	whole, fraction, found := strings.Cut(date, ".")
	if found && strings.Trim(fraction, "0") == "" {
		return whole
	}
	return date
}

// number is the text of a number, or the value behind it when the text is rounded.
func number(e xml.StartElement, text string) string {
	raw := odtAttr(e, "value")
	value, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		return text
	}
	exact := strconv.FormatFloat(value, 'f', -1, 64)
	if math.Abs(value) >= 1e21 || value != 0 && math.Abs(value) < 1e-9 {
		exact = strconv.FormatFloat(value, 'g', -1, 64)
	}
	if text != "" && sameDigits(text, exact) {
		return text
	}
	switch odtAttr(e, "value-type") {
	case "percentage":
		return strconv.FormatFloat(value*100, 'g', 15, 64) + "%"
	case "currency":
		if currency := odtAttr(e, "currency"); currency != "" {
			return exact + " " + currency
		}
	}
	return exact
}

// sameDigits tells whether a number that is shown has all the digits of the value, wherever
// the point stands and however its thousands are parted. Those of 2.50 are those of 2.5.
func sameDigits(text, exact string) bool {
	shown, value := digits(text), digits(exact)
	rest, found := strings.CutPrefix(shown, strings.TrimRight(value, "0"))
	return found && strings.Trim(rest, "0") == ""
}

func digits(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	return strings.TrimLeft(s, "0")
}
