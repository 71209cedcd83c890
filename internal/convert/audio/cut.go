package audio

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/timed"
)

const (
	// maxPieces is in how many a recording is cut at most: of what is longer, the pieces are.
	maxPieces = 500
	// overlap is how much of the sound on either side of a cut is in both pieces, where the
	// cut may go through a word.
	overlap = 2 * sampleRate
)

// Cut decodes a recording of at least that length into folder, and says how it is cut into
// pieces of about length: at pauses, so that each is heard as it would be in the whole. What
// is shorter, silent, or has its text written in it is not cut: it has no pieces.
func (c *Converter) Cut(ctx context.Context, src content.Source, language string, atLeast, length time.Duration, folder string, progress convert.Progress) (content.Cutting, error) {
	file, err := filepath.Abs(src.Path)
	if err != nil {
		return content.Cutting{}, fmt.Errorf("cut recording: %w", err)
	}
	f, err := c.inspect(ctx, file)
	if err != nil {
		return content.Cutting{}, err
	}
	if f.duration > 0 && f.duration < atLeast.Seconds() && !f.probed.Guessed {
		return content.Cutting{}, nil
	}
	damage, err := timed.CheckEnd(file)
	if err != nil {
		return content.Cutting{}, err
	}
	if written, err := c.subtitles(ctx, f, file, src.Sidecars, language); err != nil || written.subtitles != "" {
		return content.Cutting{}, err
	}
	sound, err := c.decodeTrack(ctx, f, file, folder, progress)
	if err != nil || sound.silent || sound.duration() < atLeast.Seconds() {
		return content.Cutting{}, err
	}
	levels, err := readLevels(ctx, sound.wave)
	if err != nil {
		return content.Cutting{}, err
	}
	points := cutPoints(sound.samples(), levels, sound.pauses, length)
	if len(points) == 0 {
		return content.Cutting{}, nil
	}
	cutting := content.Cutting{
		Type: content.Audio, Suffix: ".wav", Rate: sampleRate, Folder: folder, Warnings: sound.warnings,
		Metadata: metadata(f.of(sound.track), sound.wave, transcript{}),
		Pieces:   sound.pieces(points),
	}
	delete(cutting.Metadata, "engine")
	delete(cutting.Metadata, "quality")
	if damage != "" {
		cutting.Warnings = append(cutting.Warnings, damage)
	}
	return cutting, nil
}

// samples is how many w has.
func (w wave) samples() int64 { return w.size / 2 }

// point is where a recording is cut: the first sample of the next piece.
type point struct {
	at    int64
	pause bool // nothing is said there
}

// cutPoints divides a recording of so many samples into pieces of equal length, about that
// one, each cut moved to the longest pause nearby: within a tenth of a piece or else within a
// third. Where there is no pause it is moved to the quietest place.
func cutPoints(samples int64, levels []float32, pauses []span, length time.Duration) []point {
	pieces := math.Round(float64(samples) / sampleRate / length.Seconds())
	pieces = min(pieces, maxPieces)
	target := float64(samples) / sampleRate / pieces
	var points []point
	for i := 1.0; i < pieces; i++ {
		wanted := i * target
		at := bestPause(pauses, wanted-0.1*target, wanted+0.1*target)
		if at == 0 {
			at = bestPause(pauses, wanted-0.33*target, wanted+0.33*target)
		}
		p := point{int64(math.Round(at * sampleRate)), true}
		if at == 0 {
			p = point{quietPlace(levels, wanted-0.1*target, wanted+0.1*target), false}
		}
		p.at = min(max(p.at, 1), samples-1)
		if n := len(points); n == 0 || p.at > points[n-1].at {
			points = append(points, p)
		}
	}
	return points
}

// quietPlace is the middle of the quietest 100 ms between two times, the earliest of them.
func quietPlace(levels []float32, from, to float64) int64 {
	const width = 5 // levels
	first := min(max(int(from/frameSeconds), 0), max(len(levels)-width, 0))
	last := min(max(int(to/frameSeconds), first+1), len(levels)-width+1)
	best, least := first, math.Inf(1)
	for i := first; i < last; i++ {
		if loudest := float64(slices.Max(levels[i : i+width])); loudest < least {
			best, least = i, loudest
		}
	}
	return int64(best)*frameSamples + width*frameSamples/2
}

// pieces are the stretches of w between the points, each a WAV file with a head of its own.
func (w wave) pieces(points []point) []content.Piece {
	name := filepath.Base(w.path)
	var pieces []content.Piece
	from := point{0, true}
	for _, to := range append(slices.Clone(points), point{w.samples(), true}) {
		p := content.Piece{From: from.at, To: to.at, HasFrom: from.at, HasTo: to.at, File: name}
		if !from.pause {
			p.HasFrom = max(from.at-overlap, 0)
		}
		if !to.pause {
			p.HasTo = min(to.at+overlap, w.samples())
		}
		p.Offset, p.Size = w.start+2*p.HasFrom, 2*(p.HasTo-p.HasFrom)
		p.Head = header(p.Size)
		pieces = append(pieces, p)
		from = to
	}
	return pieces
}
