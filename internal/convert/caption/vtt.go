package caption

import (
	"html"
	"regexp"
	"strings"
)

var (
	// All markup of WebVTT, the times of single words too; a "<" of the text is escaped.
	vttTag = regexp.MustCompile(`<[^<>]*>`)
	voice  = regexp.MustCompile(`<v(?:\.[^<> \t]*)?[ \t]+([^<>]+)>`)
)

// ParseVTT reads a WebVTT file. Its notes, styles and regions, and what is not
// understood, are passed over. The cues are in time order, and each has text.
func ParseVTT(text string) []Cue {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	var cues []Cue
	inCue := false
	for line := range strings.SplitSeq(text, "\n") {
		if start, end, ok := ParseTimes(line); ok {
			cues = append(cues, Cue{Start: start, End: end})
			inCue = true
			continue
		}
		if line == "" {
			inCue = false // what follows is a name, a note, or the next cue's times
		}
		if !inCue {
			continue
		}
		c := &cues[len(cues)-1]
		if found := voice.FindStringSubmatch(line); found != nil && c.Speaker == "" {
			c.Speaker = OneLine(html.UnescapeString(found[1]))
		}
		if said := OneLine(html.UnescapeString(vttTag.ReplaceAllString(line, ""))); said != "" {
			c.Lines = append(c.Lines, said)
		}
	}
	return inOrder(cues)
}
