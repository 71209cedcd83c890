package audio

import (
	"sync"

	"morag/internal/convert/timed"
)

// tracker adds up the progress of pieces that are worked on at the same time.
type tracker struct {
	mu     sync.Mutex
	pieces []span
	done   []float64 // seconds of each piece
	total  float64
	report func(float64)
}

func newTracker(pieces []span, report func(float64)) *tracker {
	t := &tracker{pieces: pieces, done: make([]float64, len(pieces)), report: report}
	for _, piece := range pieces {
		t.total += piece.length()
	}
	return t
}

// piece is the progress of one piece, from 0 to 1.
func (t *tracker) piece(i int) func(float64) {
	return func(fraction float64) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.done[i] = timed.Within(fraction, 0, 1) * t.pieces[i].length()
		sum := 0.0
		for _, done := range t.done {
			sum += done
		}
		if t.total > 0 {
			t.report(sum / t.total)
		}
	}
}
