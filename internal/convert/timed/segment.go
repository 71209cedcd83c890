// Package timed is what the converters of recordings have in common: segments of
// speech and how they are shown, subtitles, and what tags say of dates and languages.
package timed

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"morag/internal/content"
)

// Markdown writes a paragraph for each segment: "[hh:mm:ss] Text", with the speaker
// before the text when known. Hours have more digits when there are more of them.
func Markdown(segments []content.Segment) string {
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

// Tidy makes what an engine said fit to show: clean text, no empty segments, times
// within a recording of so many seconds and in order, confidences between 0 and 1. It
// changes nothing that segments points to.
func Tidy(segments []content.Segment, total float64) []content.Segment {
	kept := make([]content.Segment, 0, len(segments))
	for _, s := range segments {
		s.Text, s.Speaker = Line(s.Text), speaker(s.Speaker)
		if s.Text == "" {
			continue
		}
		s.Start = Round(Within(s.Start, 0, total))
		s.End = Round(Within(s.End, s.Start, max(s.Start, total)))
		if s.Confidence != nil {
			confidence := Round(Within(*s.Confidence, 0, 1))
			s.Confidence = &confidence
		}
		s.Words = s.FitWords()
		for i, w := range s.Words {
			s.Words[i].Start, s.Words[i].End = Round(w.Start), Round(w.End)
		}
		kept = append(kept, s)
	}
	slices.SortStableFunc(kept, func(a, b content.Segment) int { return cmp.Compare(a.Start, b.Start) })
	return kept
}

var numbered = regexp.MustCompile(`(?i)^speaker[ _-]?(\d+)$`)

// speaker is a name, or "Speaker_00" however an engine writes a number.
func speaker(name string) string {
	name = Line(name)
	if parts := numbered.FindStringSubmatch(name); parts != nil {
		return fmt.Sprintf("Speaker_%02s", parts[1])
	}
	return name
}

// Round gives seconds, or another figure, to the thousandth: more is of no use.
func Round(figure float64) float64 { return math.Round(figure*1000) / 1000 }

// Within is v, or the bound it is beyond; of what is no number, the lower one.
func Within(v, from, to float64) float64 {
	if math.IsNaN(v) {
		return from
	}
	return min(max(v, from), to)
}
