package disk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"morag/internal/blob"
)

// copyBuffer is how much of a stream is in memory at a time; more is not faster.
const copyBuffer = 256 << 10

func newBuffer() any {
	b := make([]byte, copyBuffer)
	return &b
}

// Write implements [blob.Bucket]. The file is written in a folder of this store's own,
// synced, moved to its place and its folder synced.
func (s *Store) Write(ctx context.Context, ref string, r io.Reader, limit int64) (blob.Info, error) {
	whole, err := place(ref)
	if err != nil {
		return blob.Info{}, fmt.Errorf("put blob: %w", err)
	}
	staged := path.Join(s.writing, path.Base(whole))

	kept := false
	defer func() { // deferred, since a reader may panic
		if !kept {
			_ = s.root.Remove(staged)
			_ = s.root.Remove(whole)
		}
	}()
	info, err := s.write(ctx, staged, r, limit)
	if err != nil {
		return blob.Info{}, fmt.Errorf("put blob: %w", err)
	}
	if err := s.move(staged, whole); err != nil {
		return blob.Info{}, fmt.Errorf("put blob: %w", withSentinel(err))
	}
	kept = true
	info.Ref = ref
	return info, nil
}

// write fills the file and syncs it.
func (s *Store) write(ctx context.Context, name string, r io.Reader, limit int64) (info blob.Info, err error) {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return blob.Info{}, withSentinel(err)
	}
	defer func() {
		if f != nil {
			_ = f.Close()
		}
	}()
	head := &head{}
	size, sum, err := s.copy(ctx, io.MultiWriter(f, head), r, limit)
	if err != nil {
		return blob.Info{}, err
	}
	if err := f.Sync(); err != nil {
		return blob.Info{}, withSentinel(err)
	}
	stat, err := f.Stat()
	if err != nil {
		return blob.Info{}, err
	}
	err = f.Close() // some file systems tell only now that there was no room
	f = nil
	return blob.Info{Size: size, SHA256: sum, Modified: stat.ModTime(), Head: head.bytes}, withSentinel(err)
}

// head keeps the beginning of what is written to it.
type head struct{ bytes []byte }

func (h *head) Write(p []byte) (int, error) {
	if room := blob.HeadSize - len(h.bytes); room > 0 {
		h.bytes = append(h.bytes, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

// copy streams r to f and returns the length and the hash.
func (s *Store) copy(ctx context.Context, f io.Writer, r io.Reader, limit int64) (size int64, sum string, err error) {
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	hash := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return 0, "", err
		}
		n, end := r.Read(*buffer)
		part := (*buffer)[:n]
		if size += int64(n); limit > 0 && size > limit {
			return 0, "", fmt.Errorf("%w: over %d bytes", blob.ErrTooLarge, limit)
		}
		hash.Write(part)
		if _, err := f.Write(part); err != nil {
			return 0, "", withSentinel(err)
		}
		if end == io.EOF {
			return size, hex.EncodeToString(hash.Sum(nil)), nil
		}
		if end != nil {
			return 0, "", end
		}
	}
}

// move puts a whole file in its place, for good.
func (s *Store) move(from, to string) error {
	folder := path.Dir(to)
	switch err := s.root.Mkdir(folder, 0o700); {
	case err == nil:
		if err := s.sync("."); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	if err := s.root.Rename(from, to); err != nil {
		return err
	}
	return s.sync(folder)
}

// sync makes the names in a folder durable.
func (s *Store) sync(folder string) error {
	f, err := s.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(syncFolder(f), f.Close())
}

// withSentinel adds [blob.ErrNoSpace] to an error of the file system that means it.
func withSentinel(err error) error {
	if err != nil && noSpace(err) {
		return fmt.Errorf("%w: %w", blob.ErrNoSpace, err)
	}
	return err
}
