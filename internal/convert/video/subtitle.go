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

// readThrough reads the file to its end without decoding sound or pictures: it returns
// the subtitles of the track, which may be nil or a file of its own, and finds out
// whether the file is all there.
func (c *Converter) readThrough(ctx context.Context, f facts, file string, track *timed.Track, progress func(float64)) (cues []content.Segment, damaged bool, err error) {
	args := append([]string{"-v", "error", "-nostdin", "-nostats", "-progress", "pipe:2"}, inputArguments(file)...)
	if track != nil && track.Path == "" {
		args = append(args, "-map", "0:"+strconv.Itoa(track.Index), "-f", "srt", "pipe:1")
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
	embedded := timed.Subtitles(lines)
	for _, cue := range embedded { // one may stay for longer than the pictures
		position = max(position, cue.End)
	}
	if position < minRead*f.duration && f.duration-position > maxMissing {
		return nil, false, convert.BadSource(
			fmt.Sprintf("the video is truncated: of %.0f seconds only %.0f are there", f.duration, position), nil)
	}
	if track != nil && track.Path != "" {
		cues, err = timed.ReadSidecar(track.Path, c.config.MaxText)
		return cues, said, err
	}
	return embedded, said, nil
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
