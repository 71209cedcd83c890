package audio

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"morag/internal/content"
)

// markdown writes a paragraph for each segment: "[hh:mm:ss] Text", with the speaker
// before the text when known.
func markdown(segments []content.Segment) string {
	var b strings.Builder
	for i, s := range segments {
		if i > 0 {
			b.WriteString("\n\n")
		}
		t := int(s.Start)
		fmt.Fprintf(&b, "[%02d:%02d:%02d] ", t/3600, t/60%60, t%60)
		if s.Speaker != "" {
			b.WriteString(s.Speaker + ": ")
		}
		b.WriteString(s.Text)
	}
	return b.String()
}

// oneLine cleans text that comes from a file or an engine.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

// capitalize makes the first letter a capital.
func capitalize(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
