package transcript

import (
	"fmt"
	"regexp"
	"strings"

	"morag/internal/content"
)

// SRT is a file in the format SubRip. A line has at most 42 characters and a cue two lines;
// cues do not overlap, and are shown for 7 seconds at most. The format knows no speakers:
// the name of one who begins to speak is before the text.
func SRT(segments []content.Segment) string {
	var b strings.Builder
	for i, c := range cues(segments, srtText) {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%d\n%s --> %s\n%s\n", i+1, clock(c.start, ","), clock(c.end, ","), strings.Join(c.lines, "\n"))
	}
	return b.String()
}

// VTT is a file in the format WebVTT, cut as [SRT] is, with speakers as its voices.
func VTT(segments []content.Segment) string {
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	for _, c := range cues(segments, vttText) {
		fmt.Fprintf(&b, "\n%s --> %s\n", clock(c.start, "."), clock(c.end, "."))
		if c.speaker != "" {
			b.WriteString("<v " + escapeVTT(c.speaker) + ">")
		}
		b.WriteString(escapeVTT(strings.Join(c.lines, "\n")) + "\n")
	}
	return b.String()
}

// clock writes a time of day as subtitles have it, the milliseconds after a point.
// Hours have more digits when there are more of them.
func clock(t int64, point string) string {
	return fmt.Sprintf("%02d:%02d:%02d%s%03d", t/3_600_000, t/60_000%60, t/1000%60, point, t%1000)
}

var escapeVTT = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace

// command is what players obey in a text of SubRip, which has no way to escape it: tags,
// the overrides of ASS, and the arrow between two times.
var command = regexp.MustCompile(`<[A-Za-z/]|\{[\\A-Za-z]|-->`)

// vttText is what a cue says: the speaker is said beside it.
func vttText(_, text string) string { return text }

// joiner is a word joiner, which nobody sees.
const joiner = '\u2060'

// srtText begins with who begins to speak. What would be a command is parted by a word
// joiner, which nobody sees.
func srtText(speaker, text string) string {
	if speaker != "" {
		text = speaker + ": " + text
	}
	return command.ReplaceAllStringFunc(text, func(found string) string {
		last := len(found) - 1
		return found[:last] + string(joiner) + found[last:]
	})
}
