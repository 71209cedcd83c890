package frame

import (
	"sync"

	"morag/internal/convert"
)

// forwards passes progress on in order, from 0 to 1 and never back. progress may be nil.
func forwards(progress convert.Progress) convert.Progress {
	if progress == nil {
		return func(float64, string) {}
	}
	var mu sync.Mutex // held while progress runs, so that reports come in order
	last := 0.0
	return func(fraction float64, message string) {
		mu.Lock()
		defer mu.Unlock()
		if fraction > last { // false for NaN
			last = min(fraction, 1)
		}
		progress(last, message)
	}
}

// Part is the progress of one stage, from 0 to 1, as a part of the whole.
func Part(progress convert.Progress, from, to float64) convert.Progress {
	return func(fraction float64, message string) {
		progress(from+min(max(fraction, 0), 1)*(to-from), message)
	}
}

// Step is a [Part] that always says the same.
func Step(progress convert.Progress, from, to float64, message string) func(fraction float64) {
	part := Part(progress, from, to)
	return func(fraction float64) { part(fraction, message) }
}
