package audio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/convert/timed"
	"morag/internal/proc"
)

// subtitles reads those that the file brings or that lie beside it: someone wrote them,
// while engines guess. The transcript is empty when there are none in the language.
func (c *Converter) subtitles(ctx context.Context, f facts, file string, sidecars []string, language string) (transcript, error) {
	track := timed.Choose(append(timed.Sidecars(sidecars), f.probed.Subtitles()...), language, true)
	if track == nil {
		return transcript{}, nil
	}
	var segments []content.Segment
	var err error
	engine := "subtitles"
	if track.Path != "" {
		segments, err = timed.ReadSidecar(track.Path, c.config.MaxText)
	} else {
		engine = ffmpeg.Name
		segments, err = c.readTrack(ctx, file, track.Index)
	}
	if err != nil || len(segments) == 0 {
		return transcript{}, err
	}
	return transcript{
		segments: segments, language: cmp.Or(track.Language, language), engine: engine, quality: "high", subtitles: track.Format,
	}, nil
}

// readTrack has ffmpeg write out a track of subtitles.
func (c *Converter) readTrack(ctx context.Context, file string, index int) ([]content.Segment, error) {
	args := append([]string{"-v", "error", "-nostdin"}, ffmpeg.Input(file)...)
	args = append(args, "-map", "0:"+strconv.Itoa(index), "-f", "srt", "pipe:1")
	var lines []string
	_, err := c.tool().Run(ctx, proc.Cmd{Name: ffmpeg.Name, Args: args, MaxStdout: c.config.MaxText, Line: func(line []byte) {
		lines = append(lines, string(line))
	}})
	if errors.Is(err, proc.ErrOutput) {
		return nil, convert.BadSource(fmt.Sprintf("the recording holds more than %d MiB of subtitles", c.config.MaxText>>20), err)
	}
	if err != nil {
		return nil, err
	}
	return timed.Subtitles(lines), nil
}
