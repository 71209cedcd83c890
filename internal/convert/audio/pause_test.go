package audio

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// levelsOf makes 20 ms levels of stretches of so many seconds at so many dB, with some
// unrest.
func levelsOf(stretches ...[2]float64) []float32 {
	random := rand.New(rand.NewPCG(1, 2))
	var levels []float32
	for _, s := range stretches {
		for range int(math.Round(s[0] * 50)) {
			levels = append(levels, float32(s[1]+random.Float64()*4-2))
		}
	}
	return levels
}

func TestFindPauses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		levels []float32
		want   []span
		silent bool
	}{
		"nothing":           {nil, nil, true},
		"digital silence":   {levelsOf([2]float64{5, -100}), nil, true},
		"a quiet room":      {levelsOf([2]float64{5, -65}), nil, true},
		"clean speech":      {levelsOf([2]float64{2, -20}, [2]float64{0.4, -90}, [2]float64{2, -20}), []span{{2, 2.4}}, false},
		"quiet speech":      {levelsOf([2]float64{2, -45}, [2]float64{0.4, -80}, [2]float64{2, -45}), []span{{2, 2.4}}, false},
		"speech in a noise": {levelsOf([2]float64{2, -20}, [2]float64{0.4, -38}, [2]float64{2, -20}), []span{{2, 2.4}}, false},
		"between words":     {levelsOf([2]float64{2, -20}, [2]float64{0.2, -90}, [2]float64{2, -20}), nil, false},
		"music":             {levelsOf([2]float64{9, -20}), nil, false},
		"at both ends":      {levelsOf([2]float64{1, -90}, [2]float64{3, -20}, [2]float64{1, -90}), []span{{0, 1}, {4, 5}}, false},
		"a word in an hour": {levelsOf([2]float64{3600, -90}, [2]float64{0.5, -20}), nil, false},
		"a click":           {levelsOf([2]float64{5, -90}, [2]float64{0.06, -20}), nil, true},
		"mostly silence":    {levelsOf([2]float64{90, -90}, [2]float64{9, -20}), []span{{0, 90}}, false},
	} {
		pauses, silent := findPauses(tt.levels)
		ok := silent == tt.silent && len(pauses) == len(tt.want)
		for i := range min(len(pauses), len(tt.want)) {
			ok = ok && math.Abs(pauses[i].start-tt.want[i].start) < 0.01 && math.Abs(pauses[i].end-tt.want[i].end) < 0.01
		}
		if !ok {
			t.Errorf("%s: got %v %v, want %v %v", name, pauses, silent, tt.want, tt.silent)
		}
	}
}

func TestCutAtPauses(t *testing.T) {
	t.Parallel()
	pauses := []span{{9, 9.4}, {18, 19}, {21, 21.5}, {40, 40.4}}
	for name, tt := range map[string]struct {
		total, target, limit float64
		want                 []span
	}{
		"short":            {15, 20, 60, []span{{0, 15}}},
		"the longest":      {38, 20, 60, []span{{0, 18.5}, {18.5, 38}}},
		"no pause near":    {70, 20, 25, []span{{0, 18.5}, {18.5, 40.2}, {40.2, 65.2}, {65.2, 70}}},
		"no pause at all":  {140, 50, 77, []span{{0, 40.2}, {40.2, 117.2}, {117.2, 140}}},
		"none to the end":  {100, 35, 77, []span{{0, 40.2}, {40.2, 100}}},
		"nothing to cut":   {0, 20, 60, []span{{0, 0}}},
		"limit below that": {20, 100, 10, []span{{0, 9.2}, {9.2, 18.5}, {18.5, 20}}},
	} {
		got := cutAtPauses(tt.total, pauses, tt.target, tt.limit)
		ok := len(got) == len(tt.want)
		for i := range min(len(got), len(tt.want)) {
			ok = ok && math.Abs(got[i].start-tt.want[i].start) < 1e-9 && math.Abs(got[i].end-tt.want[i].end) < 1e-9
		}
		if !ok {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

func FuzzCutAtPauses(f *testing.F) {
	f.Add(uint64(1), 100.0, 20.0, 30.0)
	f.Add(uint64(2), 5000.0, 300.0, 600.0)
	f.Add(uint64(0), 149.0, 20.0, 77.0)
	f.Fuzz(func(t *testing.T, seed uint64, total, target, limit float64) {
		if !(total >= 0 && total < 1e5 && target >= 1 && target < 1e4 && limit >= 1 && limit < 1e4) {
			return
		}
		random := rand.New(rand.NewPCG(seed, 0))
		var pauses []span
		for at := random.Float64() * 10; at < total; at += random.Float64() * 40 {
			end := at + minPause + random.Float64()*3
			pauses = append(pauses, span{at, min(end, total)})
			at = end
		}
		end := 0.0
		for _, piece := range cutAtPauses(total, pauses, target, limit) {
			if piece.start != end || piece.length() > limit+1e-9 || piece.length() <= 0 && total > 0 {
				t.Fatalf("piece %v after %v, limit %v", piece, end, limit)
			}
			end = piece.end
		}
		if end != total {
			t.Errorf("ends at %v of %v", end, total)
		}
		withSound(cutAtPauses(total, pauses, target, limit), pauses)
	})
}

func TestWithSpeech(t *testing.T) {
	t.Parallel()
	got := withSound([]span{{0, 10}, {10, 20}, {20, 30}}, []span{{9, 21}})
	if len(got) != 2 || got[0].end != 10 || got[1].start != 20 {
		t.Errorf("%v", got)
	}
}

func TestWave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.wav")
	raw := header(3 * bytesPerSecond)
	for i := range 3 * sampleRate {
		sample := int16(0)
		if i >= sampleRate && i < 2*sampleRate { // a loud second in the middle
			sample = int16(16384 * (1 - 2*(i%2)))
		}
		raw = binary.LittleEndian.AppendUint16(raw, uint16(sample))
	}
	if err := os.WriteFile(whole, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := openWave(whole)
	if err != nil || w.duration() != 3 {
		t.Fatalf("%+v, %v", w, err)
	}
	levels, err := readLevels(t.Context(), w)
	if err != nil || len(levels) != 150 || levels[0] != quietest || math.Abs(float64(levels[75])+6.02) > 0.01 {
		t.Errorf("%d levels, %v", len(levels), err)
	}
	part := filepath.Join(dir, "part.wav")
	if err := w.cut(span{1, 2}, part); err != nil {
		t.Fatal(err)
	}
	p, err := openWave(part)
	if err != nil || p.duration() != 1 || p.start != waveHeader {
		t.Fatalf("%+v, %v", p, err)
	}
	if levels, err := readLevels(t.Context(), p); err != nil || levels[0] < -7 || levels[49] < -7 {
		t.Errorf("cut at the wrong place: %v, %v", levels, err)
	}
	if err := w.cut(span{2.5, 99}, filepath.Join(dir, "beyond.wav")); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	long := wave{path: whole, start: w.start, size: w.size}
	if _, err := readLevels(ctx, long); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzOpenWave(f *testing.F) {
	f.Add(header(0))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \xff\xff\xff\xff"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVELIST\x01\x00\x00\x00x\x00data\x04\x00\x00\x00ab"))
	path := filepath.Join(f.TempDir(), "a.wav")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if w, err := openWave(path); err == nil && (w.size < 0 || w.start+w.size > int64(len(raw))) {
			t.Errorf("%+v of %d bytes", w, len(raw))
		}
	})
}

// TestQuietSpeechIsNoSilence: who speaks low after one who is loud is listened to.
func TestQuietSpeechIsNoSilence(t *testing.T) {
	t.Parallel()
	levels := levelsOf([2]float64{60, -15}, [2]float64{60, -45}, [2]float64{60, -90})
	pauses, _ := findPauses(levels)
	pieces := []span{{0, 60}, {60, 120}, {120, 180}}
	if got := withSound(pieces, findSilences(levels)); len(got) != 2 || got[1] != pieces[1] {
		t.Errorf("got %v", got)
	}
	if len(pauses) == 0 {
		t.Error("the low voice is no pause to cut at: the levels show nothing")
	}
}

func TestLoudness(t *testing.T) {
	t.Parallel()
	if got := loudness(levelsOf([2]float64{10, -20}, [2]float64{10, -90})); math.Abs(got+23) > 0.5 {
		t.Errorf("half of it at -20 dB: %v", got)
	}
	if got := loudness(nil); got > quietest {
		t.Errorf("of nothing: %v", got)
	}
}
