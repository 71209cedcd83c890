package rtf

import (
	"time"

	"morag/internal/convert/document/property"
)

// info gathers what a document says about itself.
type info struct {
	texts   map[string]string
	numbers map[string]int
	created time.Time
}

// metadata names it as everywhere.
func (i *info) metadata() map[string]any {
	meta := map[string]any{}
	for key, name := range map[string]string{"title": "title", "author": "author", "subject": "subject", "keywords": "keywords", "description": "doccomm"} {
		property.Set(meta, key, property.Cut(property.Line(i.texts[name])))
	}
	if !i.created.IsZero() {
		meta["created"] = i.created.Format(time.RFC3339)
	}
	for key, name := range map[string]string{"page_count": "nofpages", "word_count": "nofwords"} {
		if n := i.numbers[name]; n > 0 {
			meta[key] = n
		}
	}
	return meta
}
