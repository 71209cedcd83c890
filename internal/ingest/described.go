package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"morag/internal/chunk"
)

// noText is the warning about a source in which no text was found.
const noText = "no text was found in it: it is found by its name and by what is known of it"

// maxDescription bounds, in characters, what stands for the text of a document without any.
const maxDescription = 4000

// technical are the metadata by whose words nobody looks for a document.
var technical = []string{"mime_type", "engine", "quality", "warnings", "url", "requested_url"}

// described is the chunk of a document without text: its name and the words among its
// metadata, such as the camera and the place of a photo, by which it can be found.
func described(name string, metadata map[string]any) []chunk.Chunk {
	lines := []string{name}
	for _, field := range slices.Sorted(maps.Keys(metadata)) {
		if slices.Contains(technical, field) {
			continue
		}
		if words := wordsOf(metadata[field]); words != "" {
			lines = append(lines, strings.ReplaceAll(field, "_", " ")+": "+words)
		}
	}
	text := []rune(strings.TrimSpace(strings.Join(lines, "\n")))
	if len(text) == 0 {
		return nil
	}
	return []chunk.Chunk{{Text: string(text[:min(len(text), maxDescription)])}}
}

// wordsOf are the words of one value: of a text, or of a list of texts. A date is also
// written as people say it.
func wordsOf(value any) string {
	switch v := value.(type) {
	case string:
		words := strings.Join(strings.Fields(v), " ")
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			words = fmt.Sprintf("%s, %s", at.Format(time.DateOnly), at.Format("2 January 2006"))
		}
		return words
	case []string:
		return strings.Join(v, ", ")
	case []any:
		var words []string
		for _, one := range v {
			if text, ok := one.(string); ok {
				words = append(words, text)
			}
		}
		return strings.Join(words, ", ")
	}
	return ""
}
