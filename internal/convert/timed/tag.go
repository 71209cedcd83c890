package timed

import (
	"strings"
	"time"
	"unicode"
)

// Line cleans text that comes from a file or an engine: one line of valid UTF-8,
// single spaces, no characters that cannot be seen or turn the direction of writing.
func Line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u200b' || r == '\ufeff' || r >= '\u202a' && r <= '\u202e': // no width, or a direction
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

// Date makes RFC 3339 in UTC of a date as tags write it; of a year or a month alone,
// its first moment. It is "" for anything else.
func Date(value string) string {
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, time.DateOnly, "20060102", "2006-01", "2006",
	} {
		if t, err := time.Parse(layout, value); err == nil && t.Year() > 1 {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return ""
}
