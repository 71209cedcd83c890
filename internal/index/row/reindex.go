package row

import (
	"context"
	"fmt"

	"morag/internal/index"
	"morag/internal/sqlrow"
)

// ErrNotBegun: there is no model to go over to.
var ErrNotBegun = fmt.Errorf("%w: no other model was begun", index.ErrModel)

// EmbedChunks bounds one transaction that stores vectors.
const EmbedChunks = 64

// LastChunks is how many chunks may have no vector of the next model when it comes to switch
// to that: one request to most services.
const LastChunks = 64

// ScanUnembedded reads a row of (id, content).
func ScanUnembedded(scan sqlrow.Scan) (c index.Unembedded, err error) {
	err = scan(&c.Chunk, &c.Content)
	return c, err
}

// CheckEmbedded refuses a vector that is not one of the next model.
func CheckEmbedded(v index.Embedded, next index.Model) error {
	if err := Finite(v.Vector); err != nil {
		return fmt.Errorf("chunk %d: %w", v.Chunk, err)
	}
	if len(v.Vector) != next.Dimension {
		return fmt.Errorf("%w: the vector of chunk %d has %d dimensions, %s", index.ErrModel, v.Chunk, len(v.Vector), Named(next))
	}
	return nil
}

// Embedding makes vectors of texts.
type Embedding = func(ctx context.Context, texts []string) ([][]float32, error)

// EmbedLast makes the vectors of the last chunks, which may be none.
func EmbedLast(ctx context.Context, last []index.Unembedded, embed Embedding) ([]index.Embedded, error) {
	if len(last) == 0 {
		return nil, nil
	}
	texts := make([]string, len(last))
	for i, c := range last {
		texts[i] = c.Content
	}
	vectors, err := embed(ctx, texts)
	if err != nil {
		return nil, err
	}
	if len(vectors) != len(texts) {
		return nil, fmt.Errorf("%d vectors for %d texts", len(vectors), len(texts))
	}
	embedded := make([]index.Embedded, len(last))
	for i, c := range last {
		embedded[i] = index.Embedded{Unembedded: c, Vector: vectors[i]}
	}
	return embedded, nil
}
