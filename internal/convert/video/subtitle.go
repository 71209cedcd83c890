package video

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/timed"
	"morag/internal/proc"
)

const (
	// A file that says how long it is has to hold nearly that much, or it was cut off:
	// at least this part of it, ...
	minRead = 0.9
	// ... unless less than this is missing.
	maxMissing = 2.0 // seconds
)

// textCodecs are subtitles made of text. The others are pictures of text.
var textCodecs = map[string]bool{
	"subrip": true, "srt": true, "ass": true, "ssa": true, "mov_text": true, "webvtt": true, "text": true,
	"microdvd": true, "mpl2": true, "sami": true, "realtext": true, "subviewer": true, "subviewer1": true, "stl": true,
}

// subtitlesFor chooses the track in the wanted language ("" is any), or one that does
// not tell its language; nil when there is none. Subtitles in another language than
// was asked for are of use only when there is no sound to listen to.
func (f facts) subtitlesFor(wanted string) *subtitles {
	var best *subtitles
	rank := func(s *subtitles) int {
		switch {
		case wanted == "" || s.language == wanted:
			return 3
		case s.language == "":
			return 2
		case f.audioCodec == "":
			return 1
		}
		return 0
	}
	for i := range f.subtitles {
		s := &f.subtitles[i]
		if rank(s) == 0 {
			continue
		}
		if best == nil || rank(s) > rank(best) || rank(s) == rank(best) && s.standard && !best.standard {
			best = s
		}
	}
	return best
}

// readThrough reads the file to its end without decoding sound or pictures: it returns
// the subtitles of the track, which may be nil, and finds out whether the file is all
// there.
func (c *Converter) readThrough(ctx context.Context, f facts, file string, track *subtitles, progress func(float64)) (cues []content.Segment, damaged bool, err error) {
	args := append([]string{"-v", "error", "-nostdin", "-nostats", "-progress", "pipe:2"}, inputArguments(file)...)
	if track != nil {
		args = append(args, "-map", "0:"+strconv.Itoa(track.index), "-f", "srt", "pipe:1")
	}
	if f.hasPicture() || f.audioCodec != "" {
		args = append(args, "-map", "0:V:0?", "-map", "0:a:0?", "-c", "copy", "-f", "null", "-")
	}
	var lines []string
	result, err := c.run(ctx, proc.Cmd{Name: ffmpeg, Args: args, MaxStdout: c.config.MaxText, Line: func(line []byte) {
		lines = append(lines, string(line))
		if at, ok := timed.CueTime(string(line)); ok && f.duration > 0 {
			progress(min(at/f.duration, 1))
		}
	}})
	if errors.Is(err, proc.ErrOutput) {
		return nil, false, convert.BadSource(fmt.Sprintf("the video holds more than %d MiB of subtitles", c.config.MaxText>>20), err)
	}
	if err != nil {
		return nil, false, err
	}
	position, said := parseProgress(result.Stderr)
	if position < minRead*f.duration && f.duration-position > maxMissing {
		return nil, false, convert.BadSource(
			fmt.Sprintf("the video is truncated: of %.0f seconds only %.0f are there", f.duration, position), nil)
	}
	return timed.Subtitles(lines), said, nil
}

// parseProgress reads the last position, in seconds, from ffmpeg's -progress, and tells
// whether it complained of something between.
func parseProgress(out string) (position float64, complained bool) {
	for line := range strings.Lines(out) {
		name, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if name == "out_time_us" {
			position = number(value) / 1e6
		}
		complained = complained || strings.HasPrefix(name, "[") || !found && strings.Contains(name, "rror")
	}
	return position, complained
}
