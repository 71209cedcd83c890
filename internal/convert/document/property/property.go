// Package property makes clean lines of what documents say of themselves: titles, names,
// dates.
package property

import (
	"strings"
	"time"
)

// Set sets what is known and leaves out what is not.
func Set(meta map[string]any, key, value string) {
	if value != "" {
		meta[key] = value
	}
}

// Line makes one clean line of a value that comes from a file.
func Line(value string) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	value = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, value)
	return strings.Join(strings.Fields(value), " ")
}

// bookDates are the forms of dates in a book, the most exact first.
var bookDates = []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly, "2006-01", "2006"}

// Join joins values that come from a file.
func Join(values []string) string {
	var all []string
	for _, v := range values {
		if v = Line(v); v != "" {
			all = append(all, v)
		}
	}
	return Cut(strings.Join(all, ", "))
}

// Date returns RFC 3339 in UTC, "" for what is no date.
func Date(value string) string {
	for _, layout := range bookDates {
		if t, err := time.Parse(layout, strings.TrimSpace(value)); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return ""
}

// Cut keeps a property to a length that it can have.
func Cut(s string) string {
	if len(s) <= MaxLength {
		return s
	}
	return strings.ToValidUTF8(s[:MaxLength], "") + " …"
}

// MaxLength is the longest property that is kept, in bytes.
const MaxLength = 4 << 10
