package video

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"morag/internal/content"
)

const (
	// Captions that roll repeat a line of at least these words, ...
	minRepeated = 3
	// ... and follow each other within this time.
	maxRollGap = 0.5 // seconds
)

// cue is one subtitle.
type cue struct {
	Start, End float64 // seconds
	lines      []string
}

// joinRolling makes segments of cues. Captions made while people speak roll: a cue
// repeats the lines before it and adds to them. What is repeated is left out.
func joinRolling(cues []cue) []content.Segment {
	var segments []content.Segment
	var last cue
	for _, c := range cues {
		words := strings.Fields(strings.Join(c.lines, " "))
		if len(segments) > 0 && c.Start-last.End <= maxRollGap {
			words = words[repeated(last.lines, words):]
		}
		if len(words) > 0 {
			segments = append(segments, content.Segment{Start: c.Start, End: c.End, Text: strings.Join(words, " ")})
		} else {
			final := &segments[len(segments)-1]
			final.End = max(final.End, c.End)
		}
		last = c
	}
	return segments
}

// repeated is how many words at the beginning are the last lines of the cue before.
func repeated(lines, words []string) int {
	for i := range lines {
		before := strings.Fields(strings.Join(lines[i:], " "))
		if len(before) < minRepeated {
			break
		}
		if len(before) <= len(words) && slices.Equal(before, words[:len(before)]) {
			return len(before)
		}
	}
	return 0
}

var (
	element  = regexp.MustCompile(`</?[a-zA-Z][^<>]*>`)
	override = regexp.MustCompile(`\{\\[^{}]*\}`)
)

// plain takes the markup out of a line of a subtitle.
func plain(line string) string {
	line = override.ReplaceAllString(element.ReplaceAllString(line, ""), "")
	return oneLine(html.UnescapeString(strings.ReplaceAll(line, `\h`, " ")))
}

// oneLine cleans text that comes from a file.
func oneLine(s string) string {
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

// markdown writes a paragraph for each segment: "[hh:mm:ss] Text".
func markdown(segments []content.Segment) string {
	var b strings.Builder
	for i, s := range segments {
		if i > 0 {
			b.WriteString("\n\n")
		}
		t := int(s.Start)
		fmt.Fprintf(&b, "[%02d:%02d:%02d] %s", t/3600, t/60%60, t%60, s.Text)
	}
	return b.String()
}
