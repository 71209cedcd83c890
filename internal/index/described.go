package index

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// technical are the metadata by whose words nobody looks for a document.
var technical = []string{
	"mime_type", "engine", "quality", "warnings", "url", "requested_url", "canonical_url", "message_id", "language",
	"codec", "audio_codec",
}

// Description is the words of one of a document's metadata.
type Description struct {
	Field string
	Words string // in one line, not empty
}

// Described are the words among metadata by which people look for a document, such as the
// camera and the place of a photo and the author of a letter, by the names of the fields.
// Numbers are none, nor is what is nested deeper than a list. A date is also written as
// people say it.
func Described(metadata map[string]any) (all []Description) {
	for _, field := range slices.Sorted(maps.Keys(metadata)) {
		if slices.Contains(technical, field) {
			continue
		}
		if words := wordsOf(metadata[field]); words != "" {
			all = append(all, Description{Field: field, Words: words})
		}
	}
	return all
}

// wordsOf are the words of one value: of a text, or of a list of texts.
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
