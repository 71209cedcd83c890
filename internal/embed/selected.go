package embed

import "context"

// Selected is the one of several embedders that is in use at the moment. Whoever needs to
// know which model made what asks [Now] first.
type Selected func() Embedder

// Model implements [Embedder].
func (s Selected) Model() Model { return s().Model() }

// Embed implements [Embedder].
func (s Selected) Embed(ctx context.Context, purpose Purpose, texts []string) ([][]float32, error) {
	return s().Embed(ctx, purpose, texts)
}

// Now is the embedder that e is at the moment: the one that is selected, else e itself.
func Now(e Embedder) Embedder {
	if s, ok := e.(Selected); ok {
		return s()
	}
	return e
}
