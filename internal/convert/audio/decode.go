package audio

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"morag/internal/convert"
	"morag/internal/proc"
)

const (
	// A file that says how long it is has to hold nearly that much, or it was cut off:
	// at least this part of it, ...
	minDecoded = 0.9
	// ... unless less than this is missing, which is within what encoders round.
	maxMissing = 2.0 // seconds
)

// decode writes the first sound track as 16 kHz mono into the scratch folder. The
// warnings are for the person who sent the file.
func (c *Converter) decode(ctx context.Context, f facts, file, scratch string, progress func(float64)) (wave, []string, error) {
	out := filepath.Join(scratch, "sound.wav")
	args := append([]string{"-v", "error", "-nostdin", "-nostats", "-progress", "pipe:1"}, inputArguments(file)...)
	args = append(args,
		"-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1",
		"-ac", "1", "-ar", strconv.Itoa(sampleRate), "-c:a", "pcm_s16le",
		"-t", strconv.FormatFloat(c.config.MaxDuration.Seconds(), 'f', 3, 64),
		"-f", "wav", "file:"+out)
	result, err := c.run(ctx, proc.Cmd{Name: ffmpeg, Args: args, Line: func(line []byte) {
		if position, ok := parseProgress(line); ok && f.duration > 0 {
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
	case got >= c.config.MaxDuration.Seconds():
		return wave{}, nil, convert.BadSource(fmt.Sprintf("the recording is longer than %s", c.config.MaxDuration), nil)
	case got == 0:
		return wave{}, nil, convert.BadSource("the recording holds no sound that can be decoded", nil)
	case f.exact && got < minDecoded*f.duration && f.duration-got > maxMissing:
		return wave{}, nil, convert.BadSource(
			fmt.Sprintf("the recording is truncated: of %.0f seconds only %.0f are there", f.duration, got), nil)
	case result.Stderr != "":
		return sound, []string{"the recording is damaged: some of its sound may be missing"}, nil
	}
	return sound, nil, nil
}

// parseProgress reads the position in seconds from a line of ffmpeg's -progress.
func parseProgress(line []byte) (float64, bool) {
	value, found := bytes.CutPrefix(line, []byte("out_time_us="))
	if !found {
		return 0, false
	}
	microseconds, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
	if err != nil || microseconds < 0 {
		return 0, false
	}
	return float64(microseconds) / 1e6, true
}
