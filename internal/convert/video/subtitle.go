package video

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/convert/timed"
	"morag/internal/proc"
)

// readThrough reads the file to its end without decoding sound or pictures: it returns
// the subtitles of the track, which may be nil or a file of its own, and finds out
// whether the file is all there.
func (c *Converter) readThrough(ctx context.Context, f facts, file string, track *timed.Track, progress func(float64)) (cues []content.Segment, damaged bool, err error) {
	args := append([]string{"-v", "error", "-nostdin", "-nostats", "-progress", "pipe:2"}, ffmpeg.Input(file)...)
	if track != nil && track.Path == "" {
		args = append(args, "-map", "0:"+strconv.Itoa(track.Index), "-f", "srt", "pipe:1")
	}
	if f.picture != nil || f.sound != nil {
		args = append(args, "-map", "0:V:0?", "-map", "0:a:0?", "-c", "copy", "-f", "null", "-")
	}
	var lines []string
	result, err := c.tool().Run(ctx, proc.Cmd{Name: ffmpeg.Name, Args: args, MaxStdout: c.config.MaxText, Line: func(line []byte) {
		lines = append(lines, string(line))
		if at, ok := timed.CueTime(string(line)); ok && f.Duration > 0 {
			progress(min(at/f.Duration, 1))
		}
	}})
	if errors.Is(err, proc.ErrOutput) {
		return nil, false, convert.BadSource(fmt.Sprintf("the video holds more than %d MiB of subtitles", c.config.MaxText>>20), err)
	}
	if err != nil {
		return nil, false, err
	}
	position, complained := parseProgress(result.Stderr)
	embedded := timed.Subtitles(lines)
	for _, cue := range embedded { // one may stay for longer than the pictures
		position = max(position, cue.End)
	}
	if ffmpeg.IsCut(f.Duration, position) {
		return nil, false, convert.BadSource(
			fmt.Sprintf("the video is truncated: of %.0f seconds only %.0f are there", f.Duration, position), nil)
	}
	if track != nil && track.Path != "" {
		cues, err = timed.ReadSidecar(track.Path, c.config.MaxText)
		return cues, complained, err
	}
	return embedded, complained, nil
}

// parseProgress reads the last position, in seconds, from ffmpeg's -progress, and tells
// whether it complained of something between.
func parseProgress(out string) (position float64, complained bool) {
	for line := range strings.Lines(out) {
		name, _, found := strings.Cut(strings.TrimSpace(line), "=")
		if at, ok := ffmpeg.Position(line); ok {
			position = at
		}
		complained = complained || strings.HasPrefix(name, "[") || !found && strings.Contains(name, "rror")
	}
	return position, complained
}
