package ingest

import (
	"cmp"
	"slices"
	"strings"

	"morag/internal/content"
)

// spoken are the segments that are kept with a document, by their start: nil when it is not
// known what is said when, empty when it is known that nothing is said.
func spoken(contentType string, doc *content.Document) []content.Segment {
	if len(doc.Segments) > 0 {
		return slices.SortedStableFunc(slices.Values(doc.Segments), func(a, b content.Segment) int { return cmp.Compare(a.Start, b.Start) })
	}
	if content.Recording(contentType) && strings.TrimSpace(doc.Content) == "" {
		return []content.Segment{}
	}
	return nil
}
