package audio

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/proc"
)

// decode writes the sound track, or its left channel alone, as 16 kHz mono into the scratch folder. The
// warnings are for the person who sent the file.
func (c *Converter) decode(ctx context.Context, f facts, left bool, file, scratch string, progress func(float64)) (wave, []string, error) {
	if most := c.config.MaxScratch; most > 0 && f.duration*bytesPerSecond > float64(most) {
		return wave{}, nil, tooLong(f.duration, most)
	}
	out := filepath.Join(scratch, "sound.wav")
	longest := min(c.config.MaxDuration, f.longest())
	args := append([]string{"-v", "error", "-nostdin", "-nostats", "-progress", "pipe:1"}, ffmpeg.Input(file)...)
	if left {
		args = append(args, "-af", "pan=mono|c0=c0")
	}
	args = append(args,
		"-map", "0:"+strconv.Itoa(f.Index), "-vn", "-sn", "-dn", "-map_metadata", "-1",
		"-ac", "1", "-ar", strconv.Itoa(sampleRate), "-c:a", "pcm_s16le",
		"-t", strconv.FormatFloat(longest.Seconds(), 'f', 3, 64),
		"-f", "wav", "-y", "file:"+out)
	result, err := c.tool().Run(ctx, proc.Cmd{Name: ffmpeg.Name, Args: args, Line: func(line []byte) {
		if position, ok := ffmpeg.Position(string(line)); ok && f.duration > 0 {
			progress(position / f.duration)
		}
	}})
	if err != nil {
		return wave{}, nil, err
	}
	sound, err := openWave(out)
	if err != nil {
		return wave{}, nil, err
	}
	got := sound.duration()
	switch {
	case got >= longest.Seconds() && longest < c.config.MaxDuration:
		return wave{}, nil, tooThin(f)
	case got >= c.config.MaxDuration.Seconds():
		return wave{}, nil, convert.BadSource(fmt.Sprintf("the recording is longer than %s", c.config.MaxDuration), nil)
	case got == 0:
		return wave{}, nil, convert.BadSource("the recording holds no sound that can be decoded", nil)
	case f.exact && ffmpeg.IsCut(f.duration, got):
		return wave{}, nil, convert.BadSource(
			fmt.Sprintf("the recording is truncated: of %.0f seconds only %.0f are there", f.duration, got), nil)
	case result.Stderr != "":
		return sound, []string{"the recording is damaged: some of its sound may be missing"}, nil
	}
	return sound, nil, nil
}

// tooLong refuses a recording before it fills the disk. What a file says of itself may be
// anything: 40 kB can last for hours.
func tooLong(seconds float64, most int64) error {
	return &convert.Error{Kind: convert.ErrEnded, Message: fmt.Sprintf(
		"the recording needs %.0f MiB of scratch space, of which it may have %d (MORAG_SCRATCH_LIMIT)", seconds*bytesPerSecond/(1<<20), most>>20)}
}
