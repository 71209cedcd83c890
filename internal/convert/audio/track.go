package audio

import (
	"context"
	"fmt"

	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/convert/frame"
)

// maxTracks is how many tracks are listened to for one that is not silent.
const maxTracks = 8

// Two channels that are each other's opposite cancel out when they are mixed: all that is left
// is what a codec has changed in them. faint is the loudness of a mix that may be such a rest,
// and cancelled how much louder a channel alone is then.
const (
	faint     = -35 // dB
	cancelled = 12  // dB
)

// heard is the sound that an engine writes down.
type heard struct {
	wave
	track    ffmpeg.Stream
	left     bool // its left channel alone
	loudness float64
	pauses   []span
	silences []span
	silent   bool
	warnings []string
}

// decodeTrack decodes the track that players take by themselves or, when nothing is to be heard
// in it, the loudest of the others; of two channels that cancel each other out, one. A
// warning tells which was taken.
func (c *Converter) decodeTrack(ctx context.Context, f facts, file, scratch string, progress convert.Progress) (heard, error) {
	step := frame.Step(progress, 0.01, 0.1, "decoding")
	best, err := c.tryChannels(ctx, f, f.tracks[0], file, scratch, step)
	if err != nil || !best.silent {
		return best, err
	}
	last := best
	for _, track := range f.tracks[1:min(len(f.tracks), maxTracks)] {
		one, err := c.tryChannels(ctx, f, track, file, scratch, step)
		if ctx.Err() != nil {
			return heard{}, ctx.Err()
		}
		last = one // after an error, which is no matter of the one that was asked for, nothing
		if err == nil && !one.silent && (best.silent || one.loudness > best.loudness) {
			best = one
		}
	}
	if !best.silent {
		best.warnings = append(best.warnings, fmt.Sprintf("the sound track that players take is silent: track %d was taken", best.track.Index))
	}
	return c.again(ctx, f, best, last, file, scratch, step)
}

// tryChannels decodes a track, or of its two channels the left one, if they cancel each
// other out.
func (c *Converter) tryChannels(ctx context.Context, f facts, track ffmpeg.Stream, file, scratch string, progress func(float64)) (heard, error) {
	both, err := c.try(ctx, f, track, false, file, scratch, progress)
	if err != nil || track.Channels != 2 || both.loudness > faint {
		return both, err
	}
	left, err := c.try(ctx, f, track, true, file, scratch, progress)
	if err != nil {
		return heard{}, err
	}
	if !left.silent && left.loudness >= both.loudness+cancelled {
		left.warnings = append(left.warnings, "the two channels of the sound cancel each other out: the left one was taken")
		return left, nil
	}
	return c.again(ctx, f, both, left, file, scratch, progress)
}

// again decodes once more what is wanted, unless it was decoded last: the file is always the
// same. last is the zero value when that has failed.
func (c *Converter) again(ctx context.Context, f facts, wanted, last heard, file, scratch string, progress func(float64)) (heard, error) {
	if last.path != "" && wanted.track.Index == last.track.Index && wanted.left == last.left {
		return wanted, nil
	}
	got, err := c.try(ctx, f, wanted.track, wanted.left, file, scratch, progress)
	got.warnings = wanted.warnings
	return got, err
}

// measure decodes the track that players take by themselves, whatever is in it.
func (c *Converter) measure(ctx context.Context, f facts, file, scratch string, progress convert.Progress) (heard, error) {
	return c.try(ctx, f, f.tracks[0], false, file, scratch, frame.Step(progress, 0.01, 0.1, "decoding"))
}

// try decodes a track, or its left channel alone, and looks for its pauses.
func (c *Converter) try(ctx context.Context, f facts, track ffmpeg.Stream, left bool, file, scratch string, progress func(float64)) (heard, error) {
	sound, damage, err := c.decode(ctx, f.of(track), left, file, scratch, progress)
	if err != nil {
		return heard{}, err
	}
	levels, err := readLevels(ctx, sound)
	if err != nil {
		return heard{}, err
	}
	pauses, silent := findPauses(levels)
	return heard{
		wave: sound, track: track, left: left, loudness: loudness(levels), pauses: pauses, silences: findSilences(levels), silent: silent, warnings: damage,
	}, nil
}
