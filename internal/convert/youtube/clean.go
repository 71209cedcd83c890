package youtube

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"morag/internal/convert"
)

// allowedHeaders are those that a site may have sent along, as yt-dlp has found them out:
// it obeys others itself, one that names a proxy above all.
var allowedHeaders = []string{
	"user-agent", "accept", "accept-language", "referer", "origin", "cookie", "sec-fetch-mode", "x-forwarded-for",
}

// smuggled begins what yt-dlp hides in the fragment of an address for itself, and a page
// could too.
const smuggled = "#__youtubedl_smuggle"

// maxDepth is how deep what yt-dlp says may be nested; what lies deeper is left out.
const maxDepth = 100

// clean takes out of what yt-dlp says of a video what a page could tell yt-dlp by it.
func clean(raw []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var all any
	if err := decoder.Decode(&all); err != nil {
		return nil, convert.EngineFailed("what yt-dlp says of the video cannot be read", err)
	}
	return json.Marshal(cleaned(all, 0))
}

func cleaned(value any, depth int) any {
	if depth > maxDepth {
		return nil
	}
	switch v := value.(type) {
	case string:
		before, _, _ := strings.Cut(v, smuggled)
		return before
	case []any:
		for i := range v {
			v[i] = cleaned(v[i], depth+1)
		}
	case map[string]any:
		for key, inner := range v {
			if headers, ok := inner.(map[string]any); ok && key == "http_headers" {
				for name := range headers {
					if !slices.Contains(allowedHeaders, strings.ToLower(name)) {
						delete(headers, name)
					}
				}
			}
			v[key] = cleaned(inner, depth+1)
		}
	}
	return value
}

// withoutFragment is an address as sites see it. What stands in the fragment is for the
// program that calls, and yt-dlp would take orders by it.
func withoutFragment(address string) string {
	before, _, _ := strings.Cut(address, "#")
	return before
}
