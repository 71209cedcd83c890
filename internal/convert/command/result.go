package command

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"

	"morag/internal/content"
	"morag/internal/convert/timed"
)

// answer is the JSON that a program may give: what a worker sends as a result, and what
// Whisper's programs print, which is segments and a language without the text.
type answer struct {
	Content    *string           `json:"content"`
	Metadata   map[string]any    `json:"metadata"`
	Segments   []content.Segment `json:"segments"`
	Thumbnails []string          `json:"thumbnails"`
	Warnings   []string          `json:"warnings"`
	Language   any               `json:"language"`
}

// parseResult makes the document. What is no JSON object with "content" or "segments" is
// Markdown.
func parseResult(out []byte) *content.Document {
	if a, ok := parseAnswer(out); ok {
		return a.document()
	}
	return &content.Document{Content: clean(string(out)), Metadata: map[string]any{}}
}

func parseAnswer(out []byte) (answer, bool) {
	var a answer
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(out, []byte("\ufeff")))
	if !bytes.HasPrefix(trimmed, []byte("{")) || json.Unmarshal(trimmed, &a) != nil {
		return answer{}, false
	}
	return a, a.Content != nil || a.Segments != nil
}

func (a answer) document() *content.Document {
	doc := &content.Document{Metadata: a.Metadata, Segments: timed.Tidy(a.Segments, math.MaxInt32)}
	if doc.Metadata == nil {
		doc.Metadata = map[string]any{}
	}
	if a.Content != nil {
		doc.Content = clean(*a.Content)
	} else {
		doc.Content = timed.Markdown(doc.Segments)
	}
	if language, ok := a.Language.(string); ok && doc.Metadata["language"] == nil {
		if code := timed.Language(language); code != "" {
			doc.Metadata["language"] = code
		}
	}
	if who := content.Speakers(doc.Segments); who != nil && doc.Metadata["speakers"] == nil {
		doc.Metadata["speakers"] = who
	}
	for _, picture := range a.Thumbnails {
		if strings.HasPrefix(picture, "data:image/") {
			doc.Thumbnails = append(doc.Thumbnails, picture)
		}
	}
	for _, w := range a.Warnings {
		if w = shorten(timed.Line(w)); w != "" {
			doc.Warnings = append(doc.Warnings, w)
		}
	}
	return doc
}

// clean makes text that every reader takes.
func clean(text string) string {
	text = strings.TrimPrefix(strings.ToValidUTF8(text, "\uFFFD"), "\ufeff")
	return strings.TrimRight(strings.ReplaceAll(text, "\x00", ""), " \t\r\n"+content.PageBreak)
}
