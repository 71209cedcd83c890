package audio

import (
	"morag/internal/content"
	"morag/internal/convert/timed"
)

// metadata puts together what is known of a recording and its transcript.
func metadata(f facts, sound wave, tr transcript) map[string]any {
	meta := map[string]any{
		"duration": timed.Round(sound.duration()),
		"engine":   tr.engine,
		"quality":  tr.quality,
	}
	if f.exact {
		meta["duration"] = timed.Round(f.duration)
	}
	setText(meta, "language", tr.language)
	if tr.translated {
		meta["translated"] = true
	}
	if who := content.Speakers(tr.segments); who != nil {
		meta["speakers"] = who
	}
	setText(meta, "codec", f.Codec)
	setText(meta, "title", f.tags["title"])
	setText(meta, "lyrics", f.lyrics)
	setText(meta, "subtitles", tr.subtitles)
	for _, name := range []string{"artist", "author", "album_artist", "composer"} {
		if _, known := meta["author"]; !known {
			setText(meta, "author", f.tags[name])
		}
	}
	for _, name := range []string{"date", "creation_time", "year"} {
		if _, known := meta["created"]; !known {
			setText(meta, "created", timed.Date(f.tags[name]))
		}
	}
	for name, value := range map[string]int{"sample_rate": f.SampleRate, "channels": f.Channels, "bit_rate": f.probed.BitRate} {
		if value > 0 {
			meta[name] = value
		}
	}
	return meta
}

// setText sets what is known and leaves out what is not.
func setText(meta map[string]any, key, value string) {
	if value != "" {
		meta[key] = value
	}
}
