package provider

import (
	"errors"
	"fmt"
	"math"

	"morag/internal/embed"
)

// accept checks an answer and scales its vectors to unit length, in place. With
// dimension 0 any will do, if all have the same. A vector of zeros stays one.
func accept(vectors [][]float32, texts, dimension int) error {
	if len(vectors) != texts {
		return fmt.Errorf("answered %d vectors for %d texts", len(vectors), texts)
	}
	for i, vector := range vectors {
		if dimension == 0 {
			dimension = len(vector)
		}
		if len(vector) != dimension {
			return fmt.Errorf("%w: answered %d numbers for text %d of the request instead of %d; "+
				"set MORAG_EMBEDDING_DIMENSION to what the model gives", embed.ErrDimension, len(vector), i, dimension)
		}
		if len(vector) == 0 || len(vector) > MaxDimension {
			return fmt.Errorf("%w: answered %d numbers for text %d of the request; "+
				"does MORAG_EMBEDDING_MODEL name an embedding model?", embed.ErrDimension, len(vector), i)
		}
		if err := normalize(vector); err != nil {
			return fmt.Errorf("answered %w for text %d of the request", err, i)
		}
	}
	return nil
}

var errNotNumber = errors.New("a vector with NaN or infinity in it")

// normalize scales to length 1. It sums in float64, where no float32's square
// overflows or vanishes.
func normalize(vector []float32) error {
	var squares float64
	for _, x := range vector {
		squares += float64(x) * float64(x)
	}
	if math.IsNaN(squares) || math.IsInf(squares, 0) {
		return errNotNumber
	}
	if squares == 0 {
		return nil
	}
	length := math.Sqrt(squares)
	for i, x := range vector {
		vector[i] = float32(float64(x) / length)
	}
	return nil
}
