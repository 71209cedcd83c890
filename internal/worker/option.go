package worker

import (
	"encoding/json"
	"strings"

	"morag/internal/convert"
)

// optionsOf reads task_options. What is unknown or of another type than it should be
// is ignored: options come from any client, by way of the server.
func optionsOf(raw json.RawMessage) convert.Options {
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return convert.Options{}
	}
	return convert.Options{
		Language:          text(all["language"]),
		Password:          text(all["password"]),
		IncludeThumbnails: truth(all["include_thumbnails"]),
		ThumbnailCount:    number(all["thumbnail_count"]),
		ThumbnailSize:     number(all["thumbnail_size"]),
		UseDocling:        truth(all["use_docling"]),
	}
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func number(raw json.RawMessage) int {
	var n int
	if json.Unmarshal(raw, &n) != nil {
		return 0
	}
	return n
}

// truth reads a boolean as the API's forms spell it.
func truth(raw json.RawMessage) bool {
	switch strings.ToLower(strings.Trim(string(raw), `"`)) {
	case "true", "1", "yes", "on":
		return true
	}
	return false
}
