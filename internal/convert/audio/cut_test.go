package audio

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// However long a recording is, and whatever pauses it has, every sample belongs to one piece,
// pieces are about as long as wanted, and who is cut at a pause has nothing of the others.
func TestCutPointsDivideTheRecording(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		seconds := 20 + 400*r.Float64()
		length := time.Duration(5+r.IntN(60)) * time.Second
		samples := int64(seconds * sampleRate)
		levels := make([]float32, int(seconds/frameSeconds)+1)
		var pauses []span
		for at := 3 * r.Float64(); at < seconds-1; at += 0.5 + 40*r.Float64()*r.Float64() {
			pauses = append(pauses, span{at, at + 0.3 + 0.5*r.Float64()})
		}
		w := wave{path: "sound.wav", start: waveHeader, size: 2 * samples}
		pieces := w.pieces(cutPoints(samples, levels, pauses, length))
		at := int64(0)
		for i, p := range pieces {
			if p.From != at || p.To <= p.From {
				t.Fatalf("piece %d is %d to %d, want it to begin at %d", i, p.From, p.To, at)
			}
			at = p.To
			inPause := func(sample int64) bool {
				s := float64(sample) / sampleRate
				return sample == 0 || sample == samples || slices.ContainsFunc(pauses, func(p span) bool { return p.start < s && s < p.end })
			}
			if whole := p.HasFrom == p.From; whole != inPause(p.From) {
				t.Errorf("piece %d begins in a pause: %v, and at its own first sample: %v", i, inPause(p.From), whole)
			}
			if p.Size != 2*(p.HasTo-p.HasFrom) || p.Offset != w.start+2*p.HasFrom || p.HasFrom < 0 || p.HasTo > samples {
				t.Errorf("piece %d has %d bytes from %d for the samples %d to %d", i, p.Size, p.Offset, p.HasFrom, p.HasTo)
			}
			n := math.Round(seconds / length.Seconds())
			if long := float64(p.To-p.From) / sampleRate; n > 1 && math.Abs(long-seconds/n) > 0.67*seconds/n {
				t.Errorf("piece %d of %.0f s is %.1f s long, wanted are %.0f", i, seconds, long, length.Seconds())
			}
		}
		if at != samples {
			t.Fatalf("the last piece ends at %d of %d", at, samples)
		}
	}
}

func TestCutPointsPreferPauses(t *testing.T) {
	t.Parallel()
	levels := levelsOf([2]float64{11, -20}, [2]float64{0.2, -40}, [2]float64{28.8, -20})
	for name, c := range map[string]struct {
		pauses []span
		want   point
	}{
		"the longest that is near":      {[]span{{18.5, 18.9}, {20.6, 21.2}, {21.4, 21.8}}, point{int64(20.9 * sampleRate), true}},
		"one further off, if none":      {[]span{{14.5, 15.5}, {5, 7}}, point{15 * sampleRate, true}},
		"none: the quietest place near": {[]span{{5, 7}}, point{0, false}},
	} {
		got := cutPoints(40*sampleRate, levels, c.pauses, 20*time.Second)
		if len(got) != 1 || got[0].pause != c.want.pause || c.want.pause && got[0].at != c.want.at {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	got := cutPoints(22*sampleRate, levels, nil, 11*time.Second)
	if at := float64(got[0].at) / sampleRate; at < 11 || at > 11.2 {
		t.Errorf("cut at %v, where somebody speaks; it is quiet from 11 to 11.2 s", at)
	}
	if got := cutPoints(14*sampleRate, levels, nil, 10*time.Second); got != nil {
		t.Errorf("what is hardly longer than a piece is cut: %v", got)
	}
	if got := cutPoints(1e6*sampleRate, nil, []span{{1, 2}}, time.Second); len(got) >= maxPieces {
		t.Errorf("%d cuts", len(got))
	}
}
