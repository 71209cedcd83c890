package api

import (
	"encoding/json"

	"morag/internal/content"
	"morag/internal/extent"
)

// boundedWarnings is a worker's metadata, a JSON object, with its warnings cut to what a
// document may warn of before anything is kept of them. Warnings that are no list of
// strings are something of the worker's own.
func boundedWarnings(metadata json.RawMessage) json.RawMessage {
	var out []byte
	copied := 0
	for part := range extent.Parts(metadata) {
		var name string
		if len(part.Name) > 100 || json.Unmarshal(part.Name, &name) != nil || name != "warnings" {
			continue
		}
		list, bounded := readWarnings(metadata[part.From:part.To])
		if !bounded {
			continue
		}
		out = append(append(out, metadata[copied:part.From]...), list...)
		copied = part.To
	}
	if copied == 0 {
		return metadata
	}
	return append(out, metadata[copied:]...)
}

// readWarnings cuts a list of strings to its bounds; bounded is false when it may stay as
// it is.
func readWarnings(raw []byte) (list []byte, bounded bool) {
	if raw[0] != '[' {
		return nil, false
	}
	var first []string
	more := 0
	for part := range extent.Parts(raw) {
		item := raw[part.From:part.To]
		if item[0] != '"' {
			return nil, false
		}
		if len(first) == content.MaxWarnings {
			more++
			continue
		}
		text, long := readWarning(item)
		first, bounded = append(first, text), bounded || long
	}
	if !bounded && more == 0 {
		return nil, false
	}
	list, err := json.Marshal(content.BoundWarnings(first, more))
	return list, err == nil
}

// readWarning decodes a JSON string as far as a warning may be long; long tells that it is
// longer. Of one that is very long only the beginning is read.
func readWarning(item []byte) (text string, long bool) {
	const longestLetter = len(`\uFFFF`)
	if enough := longestLetter * (content.MaxWarning + 2); len(item) > enough+longestLetter+1 {
		for cut := range longestLetter { // not within an escape
			if json.Unmarshal(append(item[:enough-cut:enough-cut], '"'), &text) == nil {
				break
			}
		}
		return text, true
	}
	return text, json.Unmarshal(item, &text) != nil || len(text) > content.MaxWarning
}
