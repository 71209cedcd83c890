package audio

import (
	"regexp"
	"time"
)

var yearOrMonth = regexp.MustCompile(`^\d{4}(-\d{2})?$`)

// metadata puts together what is known of a recording and its transcript.
func metadata(f facts, sound wave, said transcript) map[string]any {
	meta := map[string]any{
		"duration": seconds(sound.duration()),
		"engine":   said.engine,
		"quality":  said.quality,
	}
	if f.exact {
		meta["duration"] = seconds(f.duration)
	}
	setText(meta, "language", said.language)
	setText(meta, "codec", f.codec)
	setText(meta, "title", f.tags["title"])
	for _, name := range []string{"artist", "author", "album_artist", "composer"} {
		if _, known := meta["author"]; !known {
			setText(meta, "author", f.tags[name])
		}
	}
	for _, name := range []string{"date", "creation_time", "year"} {
		if _, known := meta["created"]; !known {
			setText(meta, "created", parseDate(f.tags[name]))
		}
	}
	for name, value := range map[string]int{"sample_rate": f.sampleRate, "channels": f.channels, "bit_rate": f.bitRate} {
		if value > 0 {
			meta[name] = value
		}
	}
	return meta
}

// parseDate returns RFC 3339 in UTC, or what a tag holds of a date ("2024",
// "2024-05"), "" for anything else.
func parseDate(value string) string {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", time.DateOnly, "20060102"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	if yearOrMonth.MatchString(value) {
		return value
	}
	return ""
}

// setText sets what is known and leaves out what is not.
func setText(meta map[string]any, key, value string) {
	if value != "" {
		meta[key] = value
	}
}
