package chunk

import (
	"errors"
	"fmt"
	"strings"
)

// Limits of the options that a client may ask for, in characters (runes).
const (
	MinSize        = 500
	MaxSize        = 16000
	DefaultSize    = 4000
	MaxOverlap     = 1000
	DefaultOverlap = 200
)

// MaxChunks is the most chunks of one document.
const MaxChunks = 250_000

// DefaultStrategy is the one for a client that names none.
const DefaultStrategy = "sentence"

// ErrOption marks a chunking option that is not allowed. The error that wraps it
// names the field as clients know it (chunk_size, chunk_overlap,
// chunking_strategy) and the values it may have.
var ErrOption = errors.New("invalid chunking option")

// Options say how to cut. The zero value is not usable, because an overlap of 0
// is a wish like any other: start from [Default] and overwrite what was asked for.
type Options struct {
	// Strategy is one of [Strategies].
	Strategy string
	// Size is the most characters (runes) a chunk may have.
	Size int
	// Overlap is the most characters (runes) two neighbours may share. More than half
	// of Size counts as half: else a document would become many times its size.
	Overlap int
}

// Default returns the options for a client that asked for nothing.
func Default() Options {
	return Options{Strategy: DefaultStrategy, Size: DefaultSize, Overlap: DefaultOverlap}
}

// Given returns the options of a client that asked for some; what is zero is not given.
func Given(strategy string, size int, overlap *int) Options {
	o := Default()
	if strategy != "" {
		o.Strategy = strategy
	}
	if size != 0 {
		o.Size = size
	}
	if overlap != nil {
		o.Overlap = *overlap
	}
	return o
}

// Validate holds a client's options to the limits above. The error wraps
// [ErrOption].
func (o Options) Validate() error {
	if o.Size < MinSize || o.Size > MaxSize {
		return fmt.Errorf("%w: chunk_size must be %d to %d characters, not %d",
			ErrOption, MinSize, MaxSize, o.Size)
	}
	if o.Overlap < 0 || o.Overlap > MaxOverlap || o.Overlap >= o.Size {
		return fmt.Errorf("%w: chunk_overlap must be 0 to %d characters and below chunk_size (%d), not %d",
			ErrOption, MaxOverlap, o.Size, o.Overlap)
	}
	_, err := o.splitter()
	return err
}

// splitter returns the strategy's function, after the checks without which it
// could not do its work.
func (o Options) splitter() (splitter, error) {
	if o.Size < 1 {
		return nil, fmt.Errorf("%w: chunk_size must be at least 1 character, not %d", ErrOption, o.Size)
	}
	if o.Overlap < 0 || o.Overlap >= o.Size {
		return nil, fmt.Errorf("%w: chunk_overlap must be at least 0 and below chunk_size (%d), not %d",
			ErrOption, o.Size, o.Overlap)
	}
	for _, s := range strategies() {
		if s.name == o.Strategy {
			return s.split, nil
		}
	}
	return nil, fmt.Errorf("%w: chunking_strategy must be one of %s, not %.40q",
		ErrOption, strings.Join(Strategies(), ", "), o.Strategy)
}
