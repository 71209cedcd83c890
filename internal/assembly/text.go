package assembly

import (
	"regexp"
	"strconv"
	"strings"

	"morag/internal/content"
	"morag/internal/convert/timed"
)

// stamped is a paragraph or line of a transcript that begins with its time: "[00:01:02] Text",
// "[01:02 - 01:05] Text", "**[1:02.5 --> 1:05.0]** Text".
var stamped = regexp.MustCompile(`^[*_]{0,2}[\[(](?:(\d{1,3}):)?(\d{1,3}):(\d{2}(?:[.,]\d+)?)(?:\s*(?:-->|-|–|—)\s*(?:(\d{1,3}):)?(\d{1,3}):(\d{2}(?:[.,]\d+)?))?[\])][*_]{0,2}:?\s*`)

// ofText are the segments of a transcript that has its times in its text, as the engines
// write it that have no other place for them; nil when there are none.
func ofText(text string) []content.Segment {
	var all []content.Segment
	ends := map[int]bool{} // those that tell their end
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		at := stamped.FindStringSubmatch(line)
		switch {
		case at != nil:
			s := content.Segment{Start: seconds(at[1], at[2], at[3]), Text: timed.Line(line[len(at[0]):])}
			if at[5] != "" {
				s.End = seconds(at[4], at[5], at[6])
				ends[len(all)] = true
			}
			all = append(all, s)
		case len(all) > 0 && line != "":
			all[len(all)-1].Text = timed.Line(all[len(all)-1].Text + " " + line)
		}
	}
	for i := range all {
		if !ends[i] {
			all[i].End = all[i].Start
			if i+1 < len(all) {
				all[i].End = max(all[i+1].Start, all[i].Start)
			}
		}
	}
	return all
}

// seconds is a time of day without one, of which the hours may be missing.
func seconds(hours, minutes, rest string) float64 {
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	s, _ := strconv.ParseFloat(strings.Replace(rest, ",", ".", 1), 64)
	return float64(h)*3600 + float64(m)*60 + s
}
