package row

import (
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
