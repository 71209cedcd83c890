package ingest

import (
	"strings"

	"morag/internal/chunk"
	"morag/internal/index"
)

// noText is the warning about a source in which no text was found.
const noText = "no text was found in it: it is found by its name and by what is known of it"

// maxDescription bounds, in characters, what stands for the text of a document without any.
const maxDescription = 4000

// described is the chunk of a document without text: its name and the words among its
// metadata, such as the camera and the place of a photo, by which it can be found.
func described(name string, metadata map[string]any) []chunk.Chunk {
	lines := []string{name}
	for _, d := range index.Described(metadata) {
		lines = append(lines, strings.ReplaceAll(d.Field, "_", " ")+": "+d.Words)
	}
	text := []rune(strings.TrimSpace(strings.Join(lines, "\n")))
	if len(text) == 0 {
		return nil
	}
	return []chunk.Chunk{{Text: string(text[:min(len(text), maxDescription)])}}
}
