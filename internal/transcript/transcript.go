// Package transcript writes what is said in a recording as people want it: as subtitles
// that players accept (SubRip, WebVTT), and as text to read, plain or Markdown.
package transcript

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"morag/internal/content"
)

// turn is what one speaker says until another one does, or until there is a pause.
type turn struct {
	start   float64 // seconds
	speaker string
	text    string
}

const (
	// pause is the silence in seconds after which a text to read has a new paragraph, ...
	pause = 2.0
	// ... as it has after so many characters, where a segment ends.
	longTurn = 600
)

// turns are the segments as paragraphs.
func turns(segments []content.Segment) []turn {
	var all []turn
	var text strings.Builder
	var end float64
	length := 0
	last := func() *turn { return &all[len(all)-1] }
	for _, s := range tidy(segments) {
		if len(all) == 0 || s.Speaker != last().speaker || s.Start-end >= pause || length >= longTurn {
			if len(all) > 0 {
				last().text = text.String()
			}
			all = append(all, turn{start: s.Start, speaker: s.Speaker})
			text.Reset()
			length = 0
		}
		if text.Len() > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(s.Text)
		length += utf8.RuneCountInString(s.Text)
		end = max(s.End, s.Start)
	}
	if len(all) > 0 {
		last().text = text.String()
	}
	return all
}

// tidy are the segments by their start, each with a text of one line and sane times.
func tidy(segments []content.Segment) []content.Segment {
	kept := make([]content.Segment, 0, len(segments))
	for _, s := range segments {
		if s.Text, s.Speaker = line(s.Text), line(s.Speaker); s.Text == "" {
			continue
		}
		s.Start = seconds(s.Start)
		s.End = max(seconds(s.End), s.Start)
		kept = append(kept, s)
	}
	slices.SortStableFunc(kept, func(a, b content.Segment) int { return cmp.Compare(a.Start, b.Start) })
	return kept
}

// maxSeconds is the latest time that is written, 30 days: no recording is longer.
const maxSeconds = 30 * 24 * 3600

// seconds is a time that can be written.
func seconds(t float64) float64 {
	if t > 0 { // and a number
		return min(t, maxSeconds)
	}
	return 0
}

// line is a text without the characters that are not to be seen, on one line.
func line(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)), " ")
}

// Text is plain text: a paragraph, which is one line, for whatever one speaker says, with
// the name before it when it is known, and an empty line between two.
func Text(segments []content.Segment) string {
	var b strings.Builder
	for i, t := range turns(segments) {
		if i > 0 {
			b.WriteByte('\n')
		}
		if t.speaker != "" {
			b.WriteString(t.speaker + ": ")
		}
		b.WriteString(t.text + "\n")
	}
	return b.String()
}

// Markdown is [Text] with a title, "" for none, and with the time before each paragraph.
// What has a meaning in Markdown or HTML is escaped.
func Markdown(title string, segments []content.Segment) string {
	var b strings.Builder
	if title = line(title); title != "" {
		b.WriteString("# " + escapeMarkdown(title) + "\n")
	}
	for i, t := range turns(segments) {
		if i > 0 || title != "" {
			b.WriteByte('\n')
		}
		at := int(t.start)
		fmt.Fprintf(&b, "**%02d:%02d:%02d**", at/3600, at/60%60, at%60)
		if t.speaker != "" {
			b.WriteString(" **" + escapeMarkdown(t.speaker) + ":**")
		}
		b.WriteString(" " + escapeMarkdown(t.text) + "\n")
	}
	return b.String()
}

// escapeMarkdown escapes what CommonMark reads inside a line, and autolinks of raw HTML.
var escapeMarkdown = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "&", `\&`, "~", `\~`, "|", `\|`, "$", `\$`,
).Replace
