package sqlite

import (
	"strings"

	"morag/internal/index"
	"morag/internal/index/token"
	"morag/internal/index/word"
)

// texts are chunks as they are to be found.
func texts(v index.Version, chunks []index.Chunk) []word.Text {
	all := make([]word.Text, len(chunks))
	for i, c := range chunks {
		all[i] = textOf(v, c.Content, c.Metadata)
	}
	return all
}

// textOf is a chunk with what stands above it. A document that does not say which language
// it is in may be in several.
func textOf(v index.Version, content string, metadata map[string]any) word.Text {
	title, _ := v.Metadata[index.KeyTitle].(string)
	heading, _ := metadata[index.KeyHeading].(string)
	named, _ := v.Metadata[index.KeyLanguage].(string)
	language, known := token.Named(named)
	if !known {
		language = token.Detect(content)
	}
	return word.Text{Content: content, Header: strings.Join([]string{title, v.SourceName, heading}, "\n"), Language: language}
}
