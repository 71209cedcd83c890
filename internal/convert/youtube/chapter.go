package youtube

import (
	"slices"
	"strings"

	"morag/internal/content"
	"morag/internal/convert/timed"
)

const (
	// Captions that a machine has made are put together to paragraphs of this length, ...
	paragraph = 12.0 // seconds
	// ... which a silence of this length ends sooner.
	maxPause = 2.0 // seconds
)

// chapter is a named part of a video, from start to the next one's.
type chapter struct {
	Start float64 `json:"start"` // seconds
	Title string  `json:"title"`
}

// paragraphs puts segments of a few words together. It keeps apart what is in different
// chapters, and what a pause or a change of speakers is between.
func paragraphs(segments []content.Segment, chapters []chapter) []content.Segment {
	var joined []content.Segment
	var said []string // in the last one
	end := func() {
		if len(joined) > 0 {
			joined[len(joined)-1].Text = strings.Join(said, " ")
		}
	}
	for _, s := range segments {
		if len(joined) > 0 {
			last := &joined[len(joined)-1]
			apart := slices.ContainsFunc(chapters, func(c chapter) bool { return last.Start < c.Start && c.Start <= s.Start })
			if !apart && s.Speaker == last.Speaker && s.Start-last.End <= maxPause && s.End-last.Start <= paragraph {
				said = append(said, s.Text)
				last.End = max(last.End, s.End)
				continue
			}
		}
		end()
		joined, said = append(joined, s), append(said[:0], s.Text)
	}
	end()
	return joined
}

// markdown writes the title, the chapters as headings of the second level, each before
// the first segment that begins in it, and what is said. A video in which nothing is
// said is a document without text.
func markdown(title string, segments []content.Segment, chapters []chapter) string {
	if len(segments) == 0 {
		return ""
	}
	var parts []string
	if title != "" {
		parts = append(parts, "# "+title)
	}
	for _, c := range chapters {
		before := slices.IndexFunc(segments, func(s content.Segment) bool { return s.Start >= c.Start })
		if before < 0 {
			before = len(segments)
		}
		if before > 0 {
			parts = append(parts, timed.Markdown(segments[:before]))
			segments = segments[before:]
		}
		parts = append(parts, "## "+c.Title)
	}
	if len(segments) > 0 {
		parts = append(parts, timed.Markdown(segments))
	}
	return strings.Join(parts, "\n\n")
}
