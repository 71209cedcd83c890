package index

import (
	"context"
	"fmt"
	"time"
)

// Model names what makes vectors. Those of two models never compare.
type Model struct {
	Name      string
	Dimension int
}

// Unembedded is a chunk that has no vector of the model that is to come.
type Unembedded struct {
	Chunk   int64
	Content string
}

// Embedded is the vector of a chunk by the model that is to come.
type Embedded struct {
	Unembedded // as it was when the vector was made
	Vector     []float32
}

// Embedding makes vectors of texts, one of each.
type Embedding = func(ctx context.Context, texts []string) ([][]float32, error)

// EmbedAll makes the vectors of chunks, which may be none.
func EmbedAll(ctx context.Context, chunks []Unembedded, embed Embedding) ([]Embedded, error) {
	if len(chunks) == 0 {
		return nil, nil
	}
	texts := make([]string, len(chunks))
	for i, c := range chunks {
		texts[i] = c.Content
	}
	vectors, err := embed(ctx, texts)
	if err != nil {
		return nil, err
	}
	if len(vectors) != len(texts) {
		return nil, fmt.Errorf("%d vectors for %d texts", len(vectors), len(texts))
	}
	embedded := make([]Embedded, len(chunks))
	for i, c := range chunks {
		embedded[i] = Embedded{Unembedded: c, Vector: vectors[i]}
	}
	return embedded, nil
}

// Reindexer is an index that can have the vectors of another model made beside those that are
// searched. One other model at a time. It is safe for concurrent use. Any method that writes
// may return [ErrNoSpace].
type Reindexer interface {
	// Model is what made the vectors that are searched.
	Model() Model

	// Begin has the index keep vectors of m besides. Those that it has of m already are kept,
	// those of any third model go. [ErrModel] when m is the model that is searched.
	Begin(ctx context.Context, m Model) error

	// Next is the model that was begun, the zero Model when none was.
	Next(ctx context.Context) (Model, error)

	// Abandon ends what was begun; what was made goes.
	Abandon(ctx context.Context) error

	// Unembedded returns up to n chunks, of documents and of what is staged, that have no
	// vector of the next model, those with numbers above after, oldest first.
	Unembedded(ctx context.Context, after int64, n int) ([]Unembedded, error)

	// Embed stores vectors of the next model, which have its dimension. Those of chunks that
	// have changed meanwhile or are gone are left out. [ErrModel] when none was begun.
	Embed(ctx context.Context, vectors []Embedded) error

	// Count is how many chunks there are, and how many of them have a vector of the next model.
	Count(ctx context.Context) (chunks, embedded int, err error)

	// Finish has searches use the next model from one moment on, and what was staged for the
	// old one be staged again. The last few chunks that have no vector of it yet get them from
	// embed; what is staged waits meanwhile, at most [FinishTimeout]. It is false, and nothing
	// has changed, when there are more. What is left of the old model goes by [Index.Sweep].
	Finish(ctx context.Context, embed Embedding) (bool, error)
}

// FinishTimeout is how long [Reindexer.Finish] holds up what is staged.
const FinishTimeout = 10 * time.Second
