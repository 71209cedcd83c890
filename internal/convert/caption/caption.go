// Package caption reads the captions and subtitles of videos: SubRip, WebVTT and
// YouTube's json3, those that repeat themselves while people speak too, and writes
// timed text as Markdown.
package caption

import (
	"cmp"
	"html"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"morag/internal/content"
)

// Cue is one caption as a file has it.
type Cue struct {
	Start, End float64 // seconds
	// Lines are plain text; none is empty.
	Lines []string
	// Speaker is "" when the caption does not name one.
	Speaker string
}

const (
	// Captions that roll repeat a line of at least these words, ...
	minRepeated = 3
	// ... and follow each other within this time.
	maxRollGap = 0.5 // seconds
)

// Join makes segments of cues in time order. Captions made while people speak roll: a
// cue repeats the lines before it and adds to them. What is repeated is left out.
func Join(cues []Cue) []content.Segment { return join(cues, minRepeated) }

// JoinAutomatic is [Join] for captions that a machine has made, which roll always: a
// line of a single word is a repetition too.
func JoinAutomatic(cues []Cue) []content.Segment { return join(cues, 1) }

func join(cues []Cue, atLeast int) []content.Segment {
	var segments []content.Segment
	var last Cue
	for _, c := range cues {
		words := strings.Fields(strings.Join(c.Lines, " "))
		if len(segments) > 0 && c.Start-last.End <= maxRollGap {
			words = words[repeated(last.Lines, words, atLeast):]
		}
		if len(words) > 0 {
			segments = append(segments, content.Segment{Start: c.Start, End: c.End, Text: strings.Join(words, " "), Speaker: c.Speaker})
		} else if len(segments) > 0 {
			final := &segments[len(segments)-1]
			final.End = max(final.End, c.End)
		}
		last = c
	}
	return segments
}

// repeated is how many words at the beginning are the last lines of the cue before.
func repeated(lines, words []string, atLeast int) int {
	for i := range lines {
		before := strings.Fields(strings.Join(lines[i:], " "))
		if len(before) < atLeast {
			break
		}
		if len(before) <= len(words) && slices.Equal(before, words[:len(before)]) {
			return len(before)
		}
	}
	return 0
}

// maxPause is the silence that ends what [Merge] puts together.
const maxPause = 2.0 // seconds

// Merge puts segments of a few words together to ones of up to longest seconds. It
// keeps apart what different people say, what a pause is between, and what lies on
// different sides of the times in breaks.
func Merge(segments []content.Segment, longest float64, breaks []float64) []content.Segment {
	var merged []content.Segment
	for _, s := range segments {
		if len(merged) > 0 {
			last := &merged[len(merged)-1]
			apart := slices.ContainsFunc(breaks, func(t float64) bool { return last.Start < t && t <= s.Start })
			if !apart && s.Speaker == last.Speaker && s.Start-last.End <= maxPause && s.End-last.Start <= longest {
				last.Text += " " + s.Text
				last.End = max(last.End, s.End)
				continue
			}
		}
		merged = append(merged, s)
	}
	return merged
}

// inOrder sorts cues by time and drops those without text.
func inOrder(cues []Cue) []Cue {
	slices.SortStableFunc(cues, func(a, b Cue) int { return cmp.Compare(a.Start, b.Start) })
	return slices.DeleteFunc(cues, func(c Cue) bool { return len(c.Lines) == 0 })
}

var (
	element  = regexp.MustCompile(`</?[a-zA-Z][^<>]*>`)
	override = regexp.MustCompile(`\{\\[^{}]*\}`)
)

// plain takes the markup out of a line of a subtitle.
func plain(line string) string {
	line = override.ReplaceAllString(element.ReplaceAllString(line, ""), "")
	return OneLine(html.UnescapeString(strings.ReplaceAll(line, `\h`, " ")))
}

// OneLine cleans text that comes from a file: one line of valid UTF-8, its words one
// space apart, without characters that are not seen.
func OneLine(s string) string {
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

// thousandths is a time as precise as it is of use.
func thousandths(s float64) float64 { return math.Round(s*1000) / 1000 }
