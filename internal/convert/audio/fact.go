package audio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/convert/timed"
)

// ErrNoSound says that a file is a sound one without a sound track.
var ErrNoSound = errors.New("no sound track")

// facts are what a file says about itself.
type facts struct {
	ffmpeg.Stream         // the sound track
	duration      float64 // seconds, 0 when it does not say
	exact         bool    // the duration was written down and not guessed from the bit rate
	bitRate       int     // of the whole file, bits per second
	tags          ffmpeg.Tags
	lyrics        string        // in lines
	subtitles     []timed.Track // streams of text
}

// tool runs ffmpeg's programs.
func (c *Converter) tool() ffmpeg.Tool {
	return ffmpeg.Tool{Noun: "recording", Timeout: c.config.Timeout, MaxMemory: c.config.MaxMemory}
}

// look reads the facts of a file.
func (c *Converter) look(ctx context.Context, file string) (facts, error) {
	said, err := c.tool().Probe(ctx, file)
	if err != nil {
		return facts{}, err
	}
	f, err := factsOf(said)
	if err != nil {
		return facts{}, err
	}
	if limit := c.config.MaxDuration; f.duration > limit.Seconds() {
		return facts{}, convert.BadSource(fmt.Sprintf("the recording is longer than %s", limit), nil)
	}
	return f, nil
}

// factsOf takes the first sound track.
func factsOf(said ffmpeg.Facts) (facts, error) {
	sound := said.First("audio")
	if sound == nil {
		return facts{}, convert.BadSource("the file has no sound track", ErrNoSound)
	}
	f := facts{Stream: *sound, bitRate: said.BitRate, duration: said.Duration, tags: said.Tags, subtitles: said.Subtitles()}
	f.tags.Add(sound.RawTags)
	f.lyrics = cmp.Or(lyricsOf(said.RawTags), lyricsOf(sound.RawTags))
	hasPictures := slices.ContainsFunc(said.Streams, func(s ffmpeg.Stream) bool { return s.Type == "video" })
	f.exact = f.duration > 0 && !hasPictures // sound may end before the pictures do
	if sound.Duration > 0 {
		f.exact, f.duration = true, sound.Duration
	}
	f.exact = f.exact && !said.Guessed
	return f, nil
}

// maxLyrics is longer than any song, in bytes.
const maxLyrics = 20_000

// lyricsOf finds the words of a song among the tags: in ID3 their name ends in the
// language.
func lyricsOf(tags map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		kind, _, _ := strings.Cut(strings.ToLower(name), "-")
		if kind != "lyrics" && kind != "unsyncedlyrics" {
			continue
		}
		var lines []string
		for line := range strings.Lines(tags[name][:min(len(tags[name]), maxLyrics)]) {
			lines = append(lines, timed.Line(line))
		}
		if text := strings.TrimSpace(strings.Join(lines, "\n")); text != "" {
			return text
		}
	}
	return ""
}
