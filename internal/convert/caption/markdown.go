package caption

import (
	"fmt"
	"strings"

	"morag/internal/content"
)

// Chapter is a named part of a recording, from Start in seconds to the next one's.
type Chapter struct {
	Start float64 `json:"start"`
	Title string  `json:"title"`
}

// Markdown writes a paragraph for each segment: "[hh:mm:ss] Text", with the speaker
// before the text when known. Each chapter, in time order, is a heading of the second
// level before the first segment that begins in it or after it.
func Markdown(segments []content.Segment, chapters []Chapter) string {
	var paragraphs []string
	for _, s := range segments {
		for len(chapters) > 0 && chapters[0].Start <= s.Start {
			paragraphs = append(paragraphs, "## "+chapters[0].Title)
			chapters = chapters[1:]
		}
		t := int(s.Start)
		text := fmt.Sprintf("[%02d:%02d:%02d] ", t/3600, t/60%60, t%60)
		if s.Speaker != "" {
			text += s.Speaker + ": "
		}
		paragraphs = append(paragraphs, text+s.Text)
	}
	for _, c := range chapters {
		paragraphs = append(paragraphs, "## "+c.Title)
	}
	return strings.Join(paragraphs, "\n\n")
}
