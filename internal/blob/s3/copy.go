package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"morag/internal/blob"
)

// copies are the local files with blobs' bytes, as long as they are used.
type copies struct {
	dir   string
	limit int64
	mu    sync.Mutex
	taken int64 // bytes; guarded by mu
}

// File implements [blob.Bucket]: a copy, which done removes. [blob.ErrNoSpace] when the copies
// would take more than they may.
func (s *Store) File(ctx context.Context, ref string) (path string, done func(), err error) {
	r, info, err := s.Open(ctx, ref)
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	free, err := s.copies.take(info.Size)
	if err != nil {
		return "", nil, fmt.Errorf("copy blob: %w", err)
	}
	path, err = s.copies.fill(r)
	if err != nil {
		free()
		return "", nil, fmt.Errorf("copy blob: %w", err)
	}
	return path, func() { _ = os.Remove(path); free() }, nil
}

// take reserves room for a copy.
func (c *copies) take(size int64) (free func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limit > 0 && size > c.limit {
		return nil, fmt.Errorf("a file of %d bytes is more than the %d that copies may take", size, c.limit)
	}
	if c.limit > 0 && c.taken+size > c.limit {
		return nil, fmt.Errorf("%w: copies take %d of %d bytes", blob.ErrNoSpace, c.taken, c.limit)
	}
	c.taken += size
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.taken -= size
	}), nil
}

// fill makes the file, or leaves none.
func (c *copies) fill(r io.Reader) (path string, err error) {
	f, err := os.CreateTemp(c.dir, "copy-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}
