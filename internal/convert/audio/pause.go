package audio

import (
	"math"
	"slices"
)

const (
	// minPause is the shortest silence between sentences. The slt voice pauses 0.2 s at a
	// comma and 0.35 s or more at a full stop; people take more time.
	minPause = 0.3 // seconds
	// silence is a level that no microphone records speech at.
	silence = -55 // dB
	// shortestWord is less than any word lasts, and more than a click does.
	shortestWord = 5 * frameSeconds
	// below is how far under the speech a pause is at least, ...
	below = 25 // dB
	// ... and above how far over the noise of the room, when the room is louder than that.
	above = 6 // dB
)

// findPauses finds the pauses of a recording from its levels. What counts as quiet is
// relative to how loud this recording is: its speech is at the 95th percentile of
// levels, its room noise at the 5th. A recording is silent when nothing in it is
// loud enough to be speech for as long as a word lasts.
func findPauses(levels []float32) (pauses []span, silent bool) {
	sorted := slices.Sorted(slices.Values(levels))
	at := func(part float64) float32 { return sorted[int(part*float64(len(sorted)-1))] }
	if len(sorted) == 0 || sorted[max(len(sorted)-int(shortestWord/frameSeconds), 0)] < silence {
		return nil, true
	}
	quiet := max(at(0.95)-below, at(0.05)+above)
	if quiet > at(0.95)-above { // as loud throughout: music, noise or one breath
		return nil, false
	}
	return quieter(levels, quiet), false
}

// findSilences finds where nothing is to be heard whatever one listens for: as a pause may be
// somebody who speaks low after one who is loud, no sound is left out but this.
func findSilences(levels []float32) []span { return quieter(levels, silence) }

// quieter are the stretches of at least [minPause] below a level.
func quieter(levels []float32, level float32) (stretches []span) {
	start := -1
	for i := range len(levels) + 1 {
		switch {
		case i < len(levels) && levels[i] < level:
			if start < 0 {
				start = i
			}
		case start >= 0:
			stretch := span{float64(start) * frameSeconds, float64(i) * frameSeconds}
			if stretch.length() >= minPause {
				stretches = append(stretches, stretch)
			}
			start = -1
		}
	}
	return stretches
}

// loudness is that of a whole recording, in dB.
func loudness(levels []float32) float64 {
	power := 0.0
	for _, level := range levels {
		power += math.Pow(10, float64(level)/10)
	}
	return 10 * math.Log10(power/float64(max(len(levels), 1))+1e-12)
}

// cutAtPauses divides a recording into pieces of about target seconds, never longer
// than limit, without gaps. A cut is in the middle of the longest pause near the end of
// a piece; only where there is none in reach it goes through speech.
func cutAtPauses(total float64, pauses []span, target, limit float64) []span {
	target = min(target, limit)
	var pieces []span
	start := 0.0
	for total-start > min(1.5*target, limit) {
		cut := bestPause(pauses, start+0.7*target, start+min(1.3*target, limit))
		if cut == 0 {
			cut = bestPause(pauses, start+0.3*target, start+limit)
		}
		if cut == 0 && total-start <= limit {
			break
		}
		if cut == 0 {
			cut = start + limit
		}
		pieces = append(pieces, span{start, cut})
		start = cut
	}
	return append(pieces, span{start, total})
}

// bestPause is the middle of the longest pause whose middle lies between from and to, 0
// if there is none.
func bestPause(pauses []span, from, to float64) float64 {
	best, longest := 0.0, 0.0
	for _, p := range pauses {
		middle := (p.start + p.end) / 2
		if middle > from && middle <= to && p.length() > longest {
			best, longest = middle, p.length()
		}
	}
	return best
}

// withSound leaves out the pieces that are nothing but silence.
func withSound(pieces, silences []span) []span {
	return slices.DeleteFunc(slices.Clone(pieces), func(piece span) bool {
		return slices.ContainsFunc(silences, func(p span) bool {
			return p.start <= piece.start && piece.end <= p.end+frameSeconds
		})
	})
}
