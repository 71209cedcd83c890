package caption

import (
	"strconv"
	"strings"
)

// ParseSRT reads the lines of a SubRip file: a number, "00:00:01,000 --> 00:00:02,500",
// lines of text. Lines that are not understood are passed over. The cues are in time
// order, and each has text.
func ParseSRT(lines []string) []Cue {
	var cues []Cue
	for i, line := range lines {
		if start, end, ok := ParseTimes(line); ok {
			cues = append(cues, Cue{Start: start, End: end})
			continue
		}
		if len(cues) == 0 {
			continue
		}
		if _, err := strconv.Atoi(line); err == nil && i+1 < len(lines) {
			if _, _, next := ParseTimes(lines[i+1]); next {
				continue // the next cue's number
			}
		}
		if text := plain(line); text != "" {
			last := &cues[len(cues)-1]
			last.Lines = append(last.Lines, text)
		}
	}
	return inOrder(cues)
}

// ParseTimes reads "00:00:01,000 --> 00:00:02,500" as seconds. What follows the second
// time, as WebVTT has it, is passed over, and its points and missing hours are taken.
func ParseTimes(line string) (start, end float64, ok bool) {
	from, rest, found := strings.Cut(strings.TrimSpace(line), "-->")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, 0, false
	}
	start, ok1 := parseTime(strings.TrimSpace(from))
	end, ok2 := parseTime(fields[0])
	return start, max(start, end), ok1 && ok2
}

// parseTime reads "hh:mm:ss,mmm" and "mm:ss.mmm".
func parseTime(s string) (float64, bool) {
	fields := strings.Split(strings.Replace(s, ",", ".", 1), ":")
	if len(fields) != 2 && len(fields) != 3 {
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
	return thousandths(seconds), true
}
