package embed

import (
	"context"
	"errors"
	"fmt"
)

// ErrAbsent: the embedder that made the vectors cannot be asked any more. It is also
// [ErrTransient].
var ErrAbsent = fmt.Errorf("the embedder is absent: %w", ErrTransient)

// Former is the embedder of a model that the settings no longer name, so that it may be gone:
// what it cannot embed for good gets the zero vector, which is near nothing, and a question
// [ErrAbsent].
type Former struct {
	Of       Model
	Embedder Embedder // nil when it cannot even be asked
}

// Model implements [Embedder].
func (f *Former) Model() Model { return f.Of }

// Embed implements [Embedder].
func (f *Former) Embed(ctx context.Context, purpose Purpose, texts []string) ([][]float32, error) {
	cause := errors.New("the settings do not say where it is")
	if f.Embedder != nil {
		vectors, err := f.Embedder.Embed(ctx, purpose, texts)
		if err == nil || errors.Is(err, ErrTransient) || ctx.Err() != nil {
			return vectors, err
		}
		cause = err
	}
	if purpose == Query {
		return nil, fmt.Errorf("%w: %s: %w", ErrAbsent, f.Of.Name, cause)
	}
	vectors := make([][]float32, len(texts))
	for i := range vectors {
		vectors[i] = make([]float32, f.Of.Dimension)
	}
	return vectors, ctx.Err()
}
