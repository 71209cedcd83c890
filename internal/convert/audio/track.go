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

// heard is the sound that an engine writes down.
type heard struct {
	wave
	track    ffmpeg.Stream
	pauses   []span
	silent   bool
	warnings []string
}

// decodeTrack decodes the track that players take by themselves. When nothing is to be heard in
// it, one channel of two that cancel each other out is taken, or else another track: a
// warning tells which.
func (c *Converter) decodeTrack(ctx context.Context, f facts, file, scratch string, progress convert.Progress) (heard, error) {
	step := frame.Step(progress, 0.01, 0.1, "decoding")
	first, err := c.try(ctx, f, f.tracks[0], false, file, scratch, step)
	if err != nil || !first.silent || len(f.tracks) == 1 && f.tracks[0].Channels != 2 {
		return first, err
	}
	for i, track := range f.tracks[:min(len(f.tracks), maxTracks)] {
		if i > 0 {
			if other, err := c.try(ctx, f, track, false, file, scratch, step); err == nil && !other.silent {
				other.warnings = append(other.warnings, fmt.Sprintf("the sound track that players take is silent: track %d was taken", track.Index))
				return other, nil
			}
		}
		if track.Channels == 2 {
			if one, err := c.try(ctx, f, track, true, file, scratch, step); err == nil && !one.silent {
				one.warnings = append(one.warnings, "the two channels of the sound cancel each other out: the left one was taken")
				return one, nil
			}
		}
		if ctx.Err() != nil {
			return heard{}, ctx.Err()
		}
	}
	return c.try(ctx, f, f.tracks[0], false, file, scratch, step)
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
	return heard{wave: sound, track: track, pauses: pauses, silent: silent, warnings: damage}, nil
}
