package backup

import (
	"hash"
	"io"
)

// hashing is a hash and how many bytes it is of.
type hashing struct {
	hash.Hash
	done int64
}

func (h *hashing) add(p []byte) {
	h.Hash.Write(p) // never fails
	h.done += int64(len(p))
}

// Write implements [io.Writer].
func (h *hashing) Write(p []byte) (int, error) {
	h.add(p)
	return len(p), nil
}

var _ io.Writer = (*hashing)(nil)
