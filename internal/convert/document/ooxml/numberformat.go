package ooxml

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// numberFormat is how a cell shows its number, as far as it bears on what the number
// means: a date is no number, 0.25 may be 25 %, 501 the postal code 00501.
type numberFormat struct {
	date, clock, elapsed bool
	percent              bool
	grouped              bool // 1,234
	decimals             int  // at least so many digits after the point
	digits               int  // and so many before it
	prefix, suffix       string
	general              bool
}

// builtInFormats are the formats that files name by number only (ECMA-376 part 1,
// 18.8.30); the numbers for dates of East Asia among them.
var builtInFormats = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
	14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
	22: "m/d/yy h:mm", 27: "yyyy", 28: "yyyy", 29: "yyyy", 30: "yyyy", 31: "yyyy", 32: "h:mm", 33: "h:mm:ss", 34: "h:mm", 35: "h:mm:ss", 36: "yyyy",
	37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 50: "yyyy", 51: "yyyy", 52: "yyyy", 53: "yyyy", 54: "yyyy", 55: "h:mm", 56: "h:mm:ss", 57: "yyyy", 58: "yyyy",
}

// maxFormat is the longest format code that is looked at, in bytes; Excel allows 255
// characters.
const maxFormat = 2048

// parseFormat reads a format code. One that does what is not known here is general: the
// plain number is never wrong.
func parseFormat(code string) numberFormat {
	if code == "" || len(code) > maxFormat {
		return numberFormat{general: true}
	}
	p := formatParser{}
	for i := 0; i < len(code) && !p.ended; {
		i += p.next(code[i:])
	}
	return p.result()
}

// formatParser reads the first section of a format, which is for positive numbers.
type formatParser struct {
	format             numberFormat
	ended, strange     bool
	number, point      bool // digits, the point of decimals
	years, months, day bool
	hours, seconds     bool
}

// next reads what the code begins with and tells how long it is.
func (p *formatParser) next(code string) int {
	switch c := code[0]; c {
	case ';':
		p.ended = true
	case '"':
		end := strings.IndexByte(code[1:], '"')
		if end < 0 {
			end = len(code) - 1
		}
		p.literal(code[1 : 1+end])
		return min(end+2, len(code))
	case '\\':
		r := []rune(code[1:min(len(code), 5)])
		if len(r) == 0 {
			return 1
		}
		p.literal(string(r[0]))
		return min(1+len(string(r[0])), len(code))
	case '_', '*': // room of a character, or filled with one
		r := []rune(code[1:min(len(code), 5)])
		if len(r) == 0 {
			return 1
		}
		return min(1+len(string(r[0])), len(code))
	case '[':
		end := strings.IndexByte(code, ']')
		if end < 0 {
			p.strange = true
			return len(code)
		}
		p.bracket(code[1:end])
		return end + 1
	case '0', '#', '?':
		p.digit(c)
	case '.':
		p.point = p.point || p.number
	case ',':
		// Between digits it groups; after the last it divides by a thousand.
		if len(code) > 1 && strings.IndexByte("0#?", code[1]) >= 0 {
			p.format.grouped = true
		} else if p.number {
			p.strange = true
		}
	case '%':
		p.format.percent = true
	case 'E', 'e', '/', '@':
		if !p.isTime() {
			p.strange = true
		}
	default:
		return p.other(code)
	}
	return 1
}

func (p *formatParser) isTime() bool { return p.years || p.months || p.day || p.hours || p.seconds }

func (p *formatParser) other(code string) int {
	upper := strings.ToUpper(code[:min(len(code), 7)])
	switch {
	case strings.HasPrefix(upper, "GENERAL"):
		p.number = true
		return 7
	case strings.HasPrefix(upper, "AM/PM"):
		return 5
	case strings.HasPrefix(upper, "A/P"):
		return 3
	}
	switch upper[0] {
	case 'Y':
		p.years = true
	case 'M':
		p.months = true
	case 'D':
		p.day = true
	case 'H':
		p.hours = true
	case 'S':
		p.seconds = true
	default:
		r := []rune(code[:min(len(code), 4)])[0]
		p.literal(string(r))
		return max(min(len(string(r)), len(code)), 1)
	}
	return 1
}

// bracket reads a color, a condition, a currency or elapsed time.
func (p *formatParser) bracket(s string) {
	switch lower := strings.ToLower(s); {
	case strings.HasPrefix(s, "$"):
		sign, _, _ := strings.Cut(s[1:], "-")
		p.literal(sign)
	case strings.ContainsAny(s, "<>="):
		p.strange = true
	case lower != "" && strings.Trim(lower, "hms") == "":
		p.format.elapsed = true
		p.hours = true
	}
}

func (p *formatParser) literal(s string) {
	if !p.number {
		p.format.prefix += s
	} else {
		p.format.suffix += s
	}
}

func (p *formatParser) digit(c byte) {
	p.number = true
	switch {
	case strings.TrimSpace(p.format.suffix) != "": // a number in pieces, such as 000-00
		p.strange = true
	case p.point && c == '0':
		p.format.decimals++
	case !p.point && c == '0':
		p.format.digits++
	}
}

func (p *formatParser) result() numberFormat {
	f := p.format
	f.clock = p.hours || p.seconds
	f.date = p.years || p.day || p.months && !f.clock
	switch {
	case f.date || f.clock:
		return numberFormat{date: f.date, clock: f.clock, elapsed: f.elapsed}
	case p.strange, !p.number:
		return numberFormat{general: true}
	}
	return f
}

// show writes the number of a cell, given as the file spells it.
func (f numberFormat) show(raw string, from1904 bool) string {
	value, err := strconv.ParseFloat(strings.TrimSpace(raw), 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return raw
	}
	switch {
	case f.elapsed:
		if text, ok := elapsed(value); ok {
			return text
		}
	case f.date || f.clock:
		if text, ok := f.moment(value, from1904); ok {
			return text
		}
	}
	if strings.Trim(raw, "0123456789-") == "" && len(raw) > 15 {
		return raw // more digits than a float has
	}
	if f.general || f.date || f.clock || f.elapsed {
		return plainNumber(value)
	}
	return f.number(value)
}

// number writes the value with all its digits and the signs of the format.
func (f numberFormat) number(value float64) string {
	sign := ""
	if value < 0 {
		sign, value = "-", -value
	}
	if f.percent {
		value *= 100
	}
	text := plainNumber(value)
	if strings.ContainsAny(text, "eE") {
		return sign + text
	}
	whole, fraction, _ := strings.Cut(text, ".")
	whole = strings.Repeat("0", max(f.digits-len(whole), 0)) + whole
	if f.grouped {
		whole = thousands(whole)
	}
	if fraction += strings.Repeat("0", max(f.decimals-len(fraction), 0)); fraction != "" {
		fraction = "." + fraction
	}
	if f.percent {
		fraction += "%"
	}
	return strings.TrimSpace(sign + strings.TrimLeft(f.prefix, " ") + whole + fraction + strings.TrimRight(f.suffix, " "))
}

// thousands puts a comma before every three digits.
func thousands(digits string) string {
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// plainNumber writes a value with the 15 digits that Excel counts with.
func plainNumber(value float64) string {
	text := strconv.FormatFloat(value, 'g', 15, 64)
	rounded, err := strconv.ParseFloat(text, 64)
	if err != nil || rounded == 0 {
		return "0"
	}
	if size := math.Abs(rounded); size >= 1e21 || size < 1e-9 {
		return strconv.FormatFloat(rounded, 'E', -1, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// maxSerial is the day after 9999-12-31 as Excel counts days.
const maxSerial = 2958466

// moment is a date, a time or both in ISO 8601. A part that the format hides but the
// value has is shown all the same.
func (f numberFormat) moment(value float64, from1904 bool) (string, bool) {
	if value < 0 || value >= maxSerial {
		return "", false
	}
	millis := int64(math.Round((value - math.Floor(value)) * 86_400_000))
	day := int64(math.Floor(value))
	if millis == 86_400_000 {
		day, millis = day+1, 0
	}
	clock := clockText(millis/3_600_000, millis)
	if !f.date && day == 0 {
		return clock, true
	}
	date := serialDate(day, from1904)
	if millis == 0 && !f.clock {
		return date, true
	}
	return date + "T" + clock, true
}

func clockText(hours, millis int64) string {
	text := fmt.Sprintf("%02d:%02d:%02d", hours, millis/60_000%60, millis/1000%60)
	if part := millis % 1000; part != 0 {
		text += fmt.Sprintf(".%03d", part)
	}
	return text
}

// serialDate is the day of a serial number. The count that begins with 1900 knows a
// 29 February 1900, number 60, that never was.
func serialDate(day int64, from1904 bool) string {
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day == 60:
		return "1900-02-29"
	case day < 60:
		day++
	}
	return start.AddDate(0, 0, int(day)).Format(time.DateOnly)
}

// elapsed is a duration, which may be longer than a day.
func elapsed(days float64) (string, bool) {
	if days < 0 || days >= maxSerial {
		return "", false
	}
	millis := int64(math.Round(days * 86_400_000))
	return clockText(millis/3_600_000, millis), true
}
