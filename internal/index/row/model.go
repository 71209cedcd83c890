package row

import (
	"context"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/vector"
)

// FirstModel is the model whose vectors are with the chunks.
const FirstModel = 1

// Model is a model whose vectors an index has, and what is held of them in memory.
type Model struct {
	ID int64
	index.Model
	Vectors *vector.Set
}

// NewModel makes one that holds nothing yet. read calls each with the vectors of chunks by m.
func NewModel(id int64, of index.Model, read func(ctx context.Context, m *Model, ids []int64, each func(int64, []float32)) error) *Model {
	m := &Model{ID: id, Model: of}
	m.Vectors = vector.New(of.Dimension, func(ctx context.Context, ids []int64, each func(int64, []float32)) error {
		return read(ctx, m, ids, each)
	})
	return m
}

// Named is a model as errors name it.
func Named(m index.Model) string { return fmt.Sprintf("%s (%d dimensions)", m.Name, m.Dimension) }

// GoesWith tells whether what was made by a model goes with the vectors of an index that has
// those of m; the zero Model does. Else the error is [index.ErrModel].
func GoesWith(m, made index.Model) error {
	if made == m || made == (index.Model{}) {
		return nil
	}
	return fmt.Errorf("%w: it has vectors of %s, these are of %s", index.ErrModel, Named(m), Named(made))
}
