package index

import "context"

// Vectors keep vectors and find the nearest, for an index that keeps everything else. They know
// neither what is shown nor any text: vectors that were staged, and for a while those of what
// was replaced, are among them. Every method is safe for concurrent use.
//
// [ErrUnavailable] when they cannot be asked at the moment. What they must do is spelled out by
// the suite in package vectorstest; an index over them passes that of an index.
type Vectors interface {
	// Joins tells whether the calls belong to the transaction that their ctx carries. Else
	// what is put or removed is so when the call returns.
	Joins() bool

	// Make makes room for the vectors of a model, unless there is; made tells that there was
	// none. [ErrModel] when they cannot have that dimension.
	Make(ctx context.Context, model int64, dimension int) (made bool, err error)

	// Drop removes all that there is of a model.
	Drop(ctx context.Context, model int64) error

	// Put stores vectors in place of those that their chunks had. None is the zero vector,
	// and all have the length 1.
	Put(ctx context.Context, model int64, all []Point) error

	// Remove removes the vectors of chunks; of one that has none it is no error.
	Remove(ctx context.Context, model int64, chunks []int64) error

	// Nearest returns up to n vectors of those that are meant, with the cosine as their score,
	// the nearest first as far as the engine finds them; v has the length 1.
	Nearest(ctx context.Context, model int64, v []float32, n int, of Among) ([]Found, error)
}

// Point is the vector of a chunk.
type Point struct {
	Chunk, Version int64
	Owner          string
	Vector         []float32
}

// Among says which vectors are meant.
type Among struct {
	Owner     string
	AllOwners bool    // Owner is ignored
	Versions  []int64 // nil for all
}

// MaxAmong is how many versions [Among] names at most.
const MaxAmong = 1000
