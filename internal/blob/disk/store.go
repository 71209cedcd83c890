// Package disk keeps blobs as files of one folder: <2 hex>/<32 hex>, where the name
// is random and its first two digits are the folder. What is being written lies in
// incoming/, in a folder of each store that is open, until it is whole.
package disk

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"morag/internal/blob"
)

// Store is a [blob.Bucket]. Several may be open on a folder, in several processes.
type Store struct {
	dir     string // absolute
	root    *os.Root
	writing string // where this store's blobs lie until they are whole
	lock    *flock.Flock
	buffers sync.Pool // of *[]byte, see copyBuffer
}

var _ blob.Bucket = (*Store)(nil)

// Open uses the folder dir, which it makes with mode 0700 when missing, and removes
// what stores that are open no more have left of writes.
func Open(dir string) (*Store, error) {
	s, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("open blob folder: %w", withSentinel(err))
	}
	return s, nil
}

func open(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, root: root, buffers: sync.Pool{New: newBuffer}}
	if err := errors.Join(s.clear(), s.claim()); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return s, nil
}

// Empty tells whether no store was ever open on the folder, as far as it shows: it is not
// there, or nothing is in it.
func Empty(dir string) (bool, error) {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("open blob folder: %w", err)
	}
	defer f.Close()
	if _, err := f.Readdirnames(1); !errors.Is(err, io.EOF) {
		return false, err
	}
	return true, nil
}

// Close lets the folder go. Blobs that are open stay readable.
func (s *Store) Close() error { return errors.Join(s.release(), s.root.Close()) }

// place is where a blob lies in the folder.
func place(ref string) (string, error) {
	id, err := blob.ID(ref)
	if err != nil {
		return "", err
	}
	return path.Join(id[:2], id), nil
}

func notFound(ref string) error { return fmt.Errorf("%.80q: %w", ref, blob.ErrNotFound) }

// errNoFolder is not [blob.ErrNotFound]: where the folder is away, an unmounted disk say, its
// blobs are out of reach, not gone.
var errNoFolder = errors.New("the folder of the blobs is not there")

// missing is what it means that there is no file for ref: no such blob, as long as the folder
// is there, which this store's own lock shows.
func (s *Store) missing(ref string) error {
	if _, err := s.root.Stat(s.writing + lockFile); err != nil {
		return fmt.Errorf("%.80q: %w", ref, errNoFolder)
	}
	return notFound(ref)
}

// Open implements [blob.Bucket].
func (s *Store) Open(_ context.Context, ref string) (blob.Reader, blob.Info, error) {
	name, err := place(ref)
	if err != nil {
		return nil, blob.Info{}, err
	}
	if _, err := s.stat(ref, name); err != nil {
		return nil, blob.Info{}, err
	}
	f, err := s.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, blob.Info{}, s.missing(ref)
	}
	if err != nil {
		return nil, blob.Info{}, fmt.Errorf("open blob: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, blob.Info{}, errors.Join(fmt.Errorf("open blob: %w", err), f.Close())
	}
	return f, describe(ref, info), nil
}

// Stat implements [blob.Bucket]. It tells no SHA256.
func (s *Store) Stat(_ context.Context, ref string) (blob.Info, error) {
	name, err := place(ref)
	if err != nil {
		return blob.Info{}, err
	}
	return s.stat(ref, name)
}

// stat finds plain files only, so that no link or pipe in the folder is ever opened.
func (s *Store) stat(ref, name string) (blob.Info, error) {
	info, err := s.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return blob.Info{}, s.missing(ref)
	}
	if err != nil {
		return blob.Info{}, fmt.Errorf("stat blob: %w", err)
	}
	return describe(ref, info), nil
}

func describe(ref string, info fs.FileInfo) blob.Info {
	return blob.Info{Ref: ref, Size: info.Size(), Modified: info.ModTime()}
}

// File implements [blob.Bucket]: the path of the blob itself.
func (s *Store) File(_ context.Context, ref string) (string, func(), error) {
	name, err := place(ref)
	if err != nil {
		return "", nil, err
	}
	if _, err := s.stat(ref, name); err != nil {
		return "", nil, err
	}
	return filepath.Join(s.dir, filepath.FromSlash(name)), func() {}, nil
}

// Delete implements [blob.Bucket]. After a power failure a blob may be back; whoever
// looks for blobs that nothing refers to finds it.
func (s *Store) Delete(_ context.Context, ref string) error {
	name, err := place(ref)
	if err != nil {
		return nil // it names nothing
	}
	err = s.root.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = s.missing(ref)
	}
	if err != nil && !errors.Is(err, blob.ErrNotFound) {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

// List implements [blob.Bucket]. It holds the names of one folder, a 256th of all, at
// a time; fn may delete blobs.
func (s *Store) List(ctx context.Context, after string, cut time.Time, fn func(blob.Info) error) error {
	after = strings.TrimPrefix(after, blob.Scheme)
	for i := range 256 {
		folder := hex.EncodeToString([]byte{byte(i)})
		if len(after) >= 2 && folder < after[:2] {
			continue
		}
		entries, err := fs.ReadDir(s.root.FS(), folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("list blobs: %w", err)
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !blob.ValidID(e.Name()) || e.Name()[:2] != folder || e.Name() <= after {
				continue
			}
			info, err := s.stat(blob.Scheme+e.Name(), path.Join(folder, e.Name()))
			if errors.Is(err, blob.ErrNotFound) {
				continue // deleted meanwhile
			}
			if err == nil && info.Modified.Before(cut) {
				err = fn(info)
			}
			if err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}
