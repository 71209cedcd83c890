//go:build pgvector

package pgvector

// Literal is a vector as the extension reads it.
func Literal(v []float32) string { return literal(v) }
