package search

import (
	"encoding/json"
	"fmt"
)

// maxMetadata bounds the metadata of an answer, in bytes: a hundred hits may have 50 MiB.
const maxMetadata = 4 << 20

// tellMetadata gives each hit its metadata: the document's as it is kept, overlaid by the
// chunk's own and the reserved. Where the document's have no room in the answer any more,
// they are left out; left tells of how many hits.
func tellMetadata(hits []Hit) (left int, err error) {
	ofDocument := make(map[string]map[string]json.RawMessage)
	room := maxMetadata
	for i := range hits {
		h := &hits[i]
		var shared map[string]json.RawMessage
		if room -= len(h.Document.Metadata); room < 0 || h.Document.Metadata == nil {
			left++
		} else if shared = ofDocument[h.Name]; shared == nil {
			if err := json.Unmarshal(h.Document.Metadata, &shared); err != nil {
				return 0, fmt.Errorf("metadata of document %s: %w", h.DocumentID, err)
			}
			ofDocument[h.Name] = shared
		}
		all := make(map[string]any, len(shared)+len(h.Own))
		for name, value := range shared {
			all[name] = value
		}
		for name, value := range h.Own {
			all[name] = value
		}
		if h.Metadata, err = json.Marshal(all); err != nil {
			return 0, fmt.Errorf("metadata of chunk %d of document %s: %w", h.ChunkIndex, h.DocumentID, err)
		}
	}
	return left, nil
}
