package video

import (
	"maps"

	"morag/internal/convert/timed"
)

// metadata is what the container says.
func (f facts) metadata() map[string]any {
	meta := map[string]any{}
	if f.Duration > 0 {
		meta["duration"] = timed.Round(f.Duration)
	}
	if p := f.picture; p != nil {
		meta["codec"] = p.Codec
		meta["width"], meta["height"] = p.Width, p.Height
		if p.FrameRate > 0 {
			meta["frame_rate"] = timed.Round(p.FrameRate)
		}
	}
	if f.sound != nil {
		meta["audio_codec"] = f.sound.Codec
	}
	if f.BitRate > 0 {
		meta["bit_rate"] = f.BitRate
	}
	for name, tags := range map[string][]string{
		"title": {"title"}, "author": {"artist", "author", "director", "album_artist"}, "description": {"description", "synopsis", "comment"},
	} {
		for _, tag := range tags {
			if value := f.Tags[tag]; value != "" && meta[name] == nil {
				meta[name] = value
			}
		}
	}
	for _, tag := range []string{"date", "creation_time", "date_released", "year"} {
		if created := timed.Date(f.Tags[tag]); created != "" && meta["created"] == nil {
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
