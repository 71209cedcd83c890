package video

import (
	"maps"

	"morag/internal/convert/timed"
)

// metadata is what the container says.
func (f facts) metadata() map[string]any {
	meta := map[string]any{}
	if f.duration > 0 {
		meta["duration"] = timed.Round(f.duration)
	}
	if f.hasPicture() {
		meta["codec"] = f.codec
		meta["width"], meta["height"] = f.width, f.height
		if f.frameRate > 0 {
			meta["frame_rate"] = timed.Round(f.frameRate)
		}
	}
	if f.audioCodec != "" {
		meta["audio_codec"] = f.audioCodec
	}
	if f.bitRate > 0 {
		meta["bit_rate"] = f.bitRate
	}
	for name, tags := range map[string][]string{
		"title": {"title"}, "author": {"artist", "author", "director", "album_artist"}, "description": {"description", "synopsis", "comment"},
	} {
		for _, tag := range tags {
			if value := f.tags[tag]; value != "" && meta[name] == nil {
				meta[name] = value
			}
		}
	}
	for _, tag := range []string{"date", "creation_time", "date_released", "year"} {
		if created := timed.Date(f.tags[tag]); created != "" && meta["created"] == nil {
			meta["created"] = created
		}
	}
	return meta
}

// addSound adds what the transcript says of itself. What the video says goes first, but
// for the engine: that is what heard.
func addSound(meta, sound map[string]any) {
	sound = maps.Clone(sound)
	delete(sound, "codec") // the video's audio_codec
	delete(sound, "bit_rate")
	for name, value := range sound {
		if _, known := meta[name]; !known || name == "engine" {
			meta[name] = value
		}
	}
}
