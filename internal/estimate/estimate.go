// Package estimate learns how long conversions take, by content type and size, and tells
// what the next one may take.
package estimate

import (
	"slices"
	"sync"
	"time"

	"morag/internal/recent"
)

// Durations learns how long conversions take, by content type and size. It is safe
// for concurrent use.
type Durations struct {
	before func(contentType string) time.Duration
	mu     sync.Mutex
	types  *recent.Map[*sample] // mu guards it
}

// sample holds the newest measurements of one type, two rings of the same length.
type sample struct {
	seconds []float64
	perByte []float64
	next    int
}

// maxTypes is of how many content types something is known: clients name any.
const maxTypes = 1000

// sampleSize is how many of the newest conversions of a type count.
const sampleSize = 64

// NewDurations starts with nothing learned; before is used until a type has been
// measured.
func NewDurations(before func(contentType string) time.Duration) *Durations {
	return &Durations{before: before, types: recent.NewMap[*sample](maxTypes)}
}

// Documented is what the wire contract names for a remote job of a type of which
// none has completed yet.
func Documented(contentType string) time.Duration {
	switch contentType {
	case "audio":
		return 5 * time.Minute
	case "video":
		return 15 * time.Minute
	}
	return 10 * time.Minute
}

// Learn notes that a conversion of this type and size (0 when not known) took so long,
// for an owner. Of types that nobody has named for long it is forgotten, and of too many
// types of one owner nothing is learned.
func (d *Durations) Learn(owner, contentType string, size int64, took time.Duration) {
	if took <= 0 {
		return
	}
	rate := 0.0
	if size > 0 {
		rate = took.Seconds() / float64(size)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s, known := d.types.Get(contentType)
	if !known {
		s = &sample{}
		if !d.types.Add(owner, contentType, s) {
			return
		}
	}
	if len(s.seconds) < sampleSize {
		s.seconds, s.perByte = append(s.seconds, took.Seconds()), append(s.perByte, rate)
		return
	}
	s.seconds[s.next], s.perByte[s.next] = took.Seconds(), rate
	s.next = (s.next + 1) % sampleSize
}

// Estimate is how long a conversion of this type and size is expected to take: the
// median time per byte of those before it, or their median time when a size is not
// known.
func (d *Durations) Estimate(contentType string, size int64) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, known := d.types.Get(contentType)
	if !known {
		return d.before(contentType)
	}
	seconds := median(s.seconds)
	if rate := median(s.perByte); rate > 0 && size > 0 {
		seconds = rate * float64(size)
	}
	return time.Duration(seconds * float64(time.Second))
}

func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

// Averages are the mean seconds of the newest conversions, by content type.
func (d *Durations) Averages() map[string]float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	means := make(map[string]float64, d.types.Len())
	for contentType, s := range d.types.All() {
		sum := 0.0
		for _, seconds := range s.seconds {
			sum += seconds
		}
		means[contentType] = sum / float64(len(s.seconds))
	}
	return means
}
