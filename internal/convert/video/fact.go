package video

import (
	"cmp"
	"context"
	"fmt"

	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
)

// facts are what a video says about itself.
type facts struct {
	ffmpeg.Facts
	picture *ffmpeg.Stream // nil when there is none that moves
	sound   *ffmpeg.Stream // nil when there is none
}

// tool runs ffmpeg's programs.
func (c *Converter) tool() ffmpeg.Tool {
	return ffmpeg.Tool{Noun: "video", Timeout: c.config.Timeout, MaxMemory: c.config.MaxMemory}
}

// inspect reads the facts of a file. One that is beyond the limits is a bad source.
func (c *Converter) inspect(ctx context.Context, file string) (facts, error) {
	probed, err := c.tool().Probe(ctx, file)
	if err != nil {
		return facts{}, err
	}
	f, err := factsOf(probed)
	if err != nil {
		return facts{}, err
	}
	if limit := c.config.MaxDuration; f.Duration > limit.Seconds() {
		return facts{}, convert.BadSource(fmt.Sprintf("the video is longer than %s", limit), nil)
	}
	if p := f.picture; p != nil && int64(p.Width)*int64(p.Height) > c.config.MaxPixels {
		return facts{}, convert.BadSource(fmt.Sprintf("the video's frames of %d × %d pixels are too large", p.Width, p.Height), nil)
	}
	return f, nil
}

// factsOf takes the first track of each kind.
func factsOf(probed ffmpeg.Facts) (facts, error) {
	f := facts{Facts: probed, picture: probed.First("video"), sound: probed.First("audio")}
	if f.picture == nil && f.sound == nil && len(probed.Subtitles()) == 0 {
		return facts{}, convert.BadSource("the file holds neither pictures nor sound", nil)
	}
	if f.picture != nil {
		f.Duration = cmp.Or(f.Duration, f.picture.Duration)
	}
	return f, nil
}
