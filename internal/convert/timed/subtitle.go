package timed

import (
	"cmp"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
	start, end float64 // seconds
	speaker    string
	lines      []string
}

// Subtitles reads the lines of a file in the format SubRip (.srt), WebVTT (.vtt) or ASS (.ass):
// clean segments in time order. Captions made while people speak roll: a cue repeats
// the lines before it and adds to them; what is repeated is left out. A voice that
// WebVTT names is the speaker's. Lines that are no subtitles are passed over.
func Subtitles(lines []string) []content.Segment { return joinRolling(parseCues(lines), minRepeated) }

// AutomaticSubtitles is [Subtitles] for those that a machine has made while it listened.
// They roll always: a line of a single word is a repetition too.
func AutomaticSubtitles(lines []string) []content.Segment { return joinRolling(parseCues(lines), 1) }

// joinRolling makes segments of cues. What is repeated has at least so many words.
func joinRolling(cues []cue, atLeast int) []content.Segment {
	var segments []content.Segment
	var last cue
	for _, c := range cues {
		words := strings.Fields(strings.Join(c.lines, " "))
		if len(segments) > 0 && c.start-last.end <= maxRollGap && c.speaker == last.speaker {
			words = words[repeated(last.lines, words, atLeast):]
		}
		if len(words) > 0 {
			segments = append(segments, content.Segment{Start: c.start, End: c.end, Speaker: c.speaker, Text: strings.Join(words, " ")})
		} else {
			final := &segments[len(segments)-1]
			final.End = max(final.End, c.end)
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

// parseCues reads cues: a name or number, "00:00:01,000 --> 00:00:02,500", lines of
// text up to a blank one. Text after that is SubRip's when a blank line is part of a
// cue, but not where a block of WebVTT begins.
func parseCues(lines []string) []cue {
	if cues, ok := assCues(lines); ok {
		slices.SortStableFunc(cues, func(a, b cue) int { return cmp.Compare(a.start, b.start) })
		return cues
	}
	var cues []cue
	blank, aside := true, false // aside: in a block of WebVTT that is no cue
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if from, to, ok := parseTimes(line); ok {
			cues = append(cues, cue{start: from, end: to})
			blank, aside = false, false
			continue
		}
		opens := blank
		if blank = line == ""; blank {
			aside = false
			continue
		}
		aside = aside || opens && isAside(line)
		if len(cues) == 0 || aside || namesCue(line, opens, lines[i+1:]) {
			continue
		}
		cues = addLine(cues, line)
	}
	slices.SortStableFunc(cues, func(a, b cue) int { return cmp.Compare(a.start, b.start) })
	return slices.DeleteFunc(cues, func(c cue) bool { return len(c.lines) == 0 })
}

// isAside tells the first lines of WebVTT's comments and styles.
func isAside(line string) bool {
	word, _, _ := strings.Cut(line, " ")
	return word == "NOTE" || word == "STYLE" || word == "REGION"
}

// namesCue tells whether a line is the number, or after a blank line the name, of the
// cue that the lines after it begin with.
func namesCue(line string, opens bool, after []string) bool {
	if _, err := strconv.Atoi(line); err != nil && !opens || len(after) == 0 {
		return false
	}
	_, _, next := parseTimes(strings.TrimSpace(after[0]))
	return next
}

// addLine adds a line of text to the last cue, or to one of the same time where
// another voice begins.
func addLine(cues []cue, line string) []cue {
	last := &cues[len(cues)-1]
	if named := voice.FindStringSubmatch(line); named != nil {
		who := speaker(html.UnescapeString(named[1]))
		if len(last.lines) > 0 && who != last.speaker {
			cues = append(cues, cue{start: last.start, end: last.end})
			last = &cues[len(cues)-1]
		}
		last.speaker = who
	}
	if text := plain(line); text != "" {
		last.lines = append(last.lines, text)
	}
	return cues
}

var (
	voice    = regexp.MustCompile(`^<v(?:\.[^\s<>]*)?\s+([^<>]+)>`)
	element  = regexp.MustCompile(`</?[a-zA-Z][^<>]*>|<\d[\d:.]*>`)
	override = regexp.MustCompile(`\{\\[^{}]*\}`)
)

// plain takes the markup out of a line of a subtitle.
func plain(line string) string {
	line = override.ReplaceAllString(element.ReplaceAllString(line, ""), "")
	if line = Line(html.UnescapeString(strings.ReplaceAll(line, `\h`, " "))); drawing.MatchString(line) {
		return ""
	}
	return line
}

// CueTime reads the start in seconds of the line that begins a subtitle.
func CueTime(line string) (float64, bool) {
	from, _, ok := parseTimes(strings.TrimSpace(line))
	return from, ok
}

// parseTimes reads "00:00:01,000 --> 00:00:02,500"; WebVTT may write settings after it.
func parseTimes(line string) (from, to float64, ok bool) {
	first, rest, found := strings.Cut(line, "-->")
	second, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	from, ok1 := parseTime(strings.TrimSpace(first))
	to, ok2 := parseTime(second)
	return from, max(from, to), found && ok1 && ok2
}

// parseTime reads "hh:mm:ss,mmm", or "mm:ss.mmm" as WebVTT may have it.
func parseTime(s string) (float64, bool) {
	fields := strings.Split(strings.Replace(s, ",", ".", 1), ":")
	if len(fields) < 2 || len(fields) > 3 {
		return 0, false
	}
	seconds := 0.0
	for _, field := range fields {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil || !(n >= 0 && n < 1e6) {
			return 0, false
		}
		seconds = seconds*60 + n
	}
	return Round(seconds), true
}
