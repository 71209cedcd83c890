package audio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/convert/timed"
)

// ErrNoSound says that a file is a sound one without a sound track.
var ErrNoSound = errors.New("no sound track")

// facts are what a file says about itself.
type facts struct {
	ffmpeg.Stream                 // the sound track that is taken
	tracks        []ffmpeg.Stream // of sound, that which players take first
	probed        ffmpeg.Facts
	duration      float64 // seconds, 0 when it does not say
	exact         bool    // the duration was written down and not guessed from the bit rate
	tags          ffmpeg.Tags
	lyrics        string // in lines
	size          int64  // bytes of the file
}

// tool runs ffmpeg's programs.
func (c *Converter) tool() ffmpeg.Tool {
	return ffmpeg.Tool{Noun: "recording", Timeout: c.config.Timeout, MaxMemory: c.config.MaxMemory}
}

// inspect reads the facts of a file.
func (c *Converter) inspect(ctx context.Context, file string) (facts, error) {
	probed, err := c.tool().Probe(ctx, file)
	if err != nil {
		return facts{}, err
	}
	f, err := factsOf(probed)
	if err != nil {
		return facts{}, err
	}
	if limit := c.config.MaxDuration; f.duration > limit.Seconds() {
		return facts{}, convert.BadSource(fmt.Sprintf("the recording is longer than %s", limit), nil)
	}
	info, err := os.Stat(file)
	if err != nil {
		return facts{}, fmt.Errorf("convert audio: %w", err)
	}
	f.size = info.Size()
	for _, track := range f.tracks {
		if rate := track.SampleRate; rate > 0 && (rate < minSampleRate || rate > maxSampleRate) {
			return facts{}, convert.BadSource(fmt.Sprintf("the sound has %d samples a second, which no recording has", rate), nil)
		}
	}
	return f, nil
}

// What sound can be. Below 2 kHz no word is understood; the most are those of DSD.
const (
	minSampleRate = 2_000
	maxSampleRate = 12_288_000
)

// Sound takes some bytes a second: the thinnest codec of speech has 56. What is silent may
// take fewer, so that a while is free.
const (
	thinnest = 50 // bytes a second
	freeTime = 10 * time.Minute
)

// longest is how much sound a file of that size may hold: 40 kB that last for hours are
// made to keep an engine busy.
func (f facts) longest() time.Duration {
	return freeTime + time.Duration(f.size/thinnest)*time.Second
}

func tooThin(f facts) error {
	return convert.BadSource(fmt.Sprintf("the recording has %d bytes and lasts longer than %s: sound takes more", f.size, f.longest()), nil)
}

// factsOf takes the sound track that players take by themselves, which is the first unless
// the file names another.
func factsOf(probed ffmpeg.Facts) (facts, error) {
	f := facts{probed: probed}
	for _, s := range probed.Streams {
		if s.Type == "audio" {
			f.tracks = append(f.tracks, s)
		}
	}
	if len(f.tracks) == 0 {
		return facts{}, convert.BadSource("the file has no sound track", ErrNoSound)
	}
	slices.SortStableFunc(f.tracks, func(a, b ffmpeg.Stream) int { return cmp.Compare(order(a), order(b)) })
	return f.of(f.tracks[0]), nil
}

// order has the default track come first.
func order(s ffmpeg.Stream) int {
	if s.Default {
		return 0
	}
	return 1
}

// of is the facts when that track is taken.
func (f facts) of(track ffmpeg.Stream) facts {
	f.Stream, f.duration = track, f.probed.Duration
	f.tags = maps.Clone(f.probed.Tags)
	f.tags.Add(track.RawTags)
	f.lyrics = cmp.Or(lyricsOf(f.probed.RawTags), lyricsOf(track.RawTags))
	hasPictures := slices.ContainsFunc(f.probed.Streams, func(s ffmpeg.Stream) bool { return s.Type == "video" })
	f.exact = f.duration > 0 && !hasPictures && len(f.tracks) == 1 // one may end before the others do
	if track.Duration > 0 {
		f.exact, f.duration = true, track.Duration
	}
	f.exact = f.exact && !f.probed.Guessed
	return f
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
