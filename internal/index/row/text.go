package row

import (
	"strings"

	"morag/internal/index"
	"morag/internal/index/token"
	"morag/internal/index/word"
)

// Texts are chunks as they are to be found.
func Texts(v index.Version, chunks []index.Chunk) []word.Text {
	all := make([]word.Text, len(chunks))
	for i, c := range chunks {
		all[i] = TextOf(v, c)
	}
	return all
}

// TextOf is a chunk with what stands above it. A document that does not say which language
// it is in may be in several.
func TextOf(v index.Version, c index.Chunk) word.Text {
	title, _ := v.Metadata[index.KeyTitle].(string)
	heading, _ := c.Metadata[index.KeyHeading].(string)
	named, _ := v.Metadata[index.KeyLanguage].(string)
	language, known := token.Named(named)
	if !known {
		language = token.Detect(c.Content)
	}
	t := word.Text{Content: c.Content, Header: strings.Join([]string{title, v.SourceName, heading}, "\n"), Language: language}
	if c.Index == 0 {
		t.About = aboutOf(v, c.Content)
	}
	return t
}

// maxAbout bounds, in bytes, what is found of a document's metadata.
const maxAbout = 8 << 10

// aboutOf are the words among a document's metadata that are found with its first chunk:
// without the title, which is found with all, and without what the chunk says itself.
func aboutOf(v index.Version, content string) string {
	var lines []string
	for _, d := range index.Described(v.Metadata) {
		if d.Field != index.KeyTitle && !strings.Contains(content, d.Words) {
			lines = append(lines, d.Words)
		}
	}
	about := strings.Join(lines, "\n")
	return strings.ToValidUTF8(about[:min(len(about), maxAbout)], "")
}
