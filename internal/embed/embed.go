// Package embed is the port of the embedders: what turns text into vectors whose
// closeness says how much two texts have to do with each other. Its subpackages hold
// the embedders: hash and local work offline, gemini and openai ask a service, with what
// these two share in provider. [Retry] wraps any of them.
package embed

import (
	"context"
	"errors"
	"time"
)

// Purpose tells a provider what the text is: some embed a question unlike a passage.
type Purpose int

// The purposes of a text.
const (
	Passage Purpose = iota
	Query
)

// Model names what made a vector. Vectors of different models never compare.
type Model struct {
	Name      string
	Dimension int
}

// ErrTransient marks a failure that another try may mend: network, rate limit, server error.
// Every other error is final until the operator changes something.
var ErrTransient = errors.New("embedder unavailable")

// ErrDimension: a provider returned vectors of another length than it was set up for.
var ErrDimension = errors.New("wrong vector dimension")

// Embedder turns texts into vectors.
//
// Embed returns one unit-length vector of Model().Dimension per text, in order,
// for any number of texts (it cuts them into batches as its provider wants). A text
// of nothing but white space has the zero vector. The same text gives the same
// vector. A text may have any length and any bytes; where a provider reads only the
// beginning of a long one, its package says how much. It is safe for concurrent use
// and stops with an error that wraps ctx.Err() when ctx ends. Other errors wrap
// [ErrTransient] or [ErrDimension] where they apply; with an error there are no
// vectors.
type Embedder interface {
	Model() Model
	Embed(ctx context.Context, purpose Purpose, texts []string) ([][]float32, error)
}

// TransientError is an [ErrTransient] with what is known about it.
type TransientError struct {
	Cause      error         // what happened, the whole sentence
	RetryAfter time.Duration // how long the provider asked to be left alone, 0 if it did not
}

func (e *TransientError) Error() string { return e.Cause.Error() }

// Unwrap lets errors.Is find both [ErrTransient] and the cause.
func (e *TransientError) Unwrap() []error { return []error{ErrTransient, e.Cause} }
