package dispatch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"morag/internal/blob"
)

// What can be wrong with a job's source.
var (
	// ErrSourceMissing: there is no such file, or it is not a regular one.
	ErrSourceMissing = errors.New("source_file_path names no file")
	// ErrSourceOutside: the file lies in no folder that jobs may read.
	ErrSourceOutside = errors.New("source_file_path is outside the folders that jobs may read")
	// ErrSourceGone: the file was there when the job was made, and is gone or
	// changed since.
	ErrSourceGone = errors.New("the source is gone or has changed since the job was created")
	// ErrSourceAway: the file lies in a folder that this server does not have. Another
	// may, or this one when the folder is there again.
	ErrSourceAway = errors.New("the source lies in a folder that this server cannot read")
)

// Sources opens what source_file_path names: a blob, or a file in one of the folders
// that jobs may read. Symlinks are followed only as long as they stay inside.
type Sources struct {
	Blobs blob.Store
	Dirs  []string
	// Copied says that other servers do not have Dirs: a source in them is copied to
	// Blobs when its job is made.
	Copied bool
}

// SourceInfo describes a source.
type SourceInfo struct {
	Name     string // base name, "" for a blob
	Size     int64
	SHA256   string    // "" when it is not known
	Modified time.Time // of a blob it proves nothing: it is never changed in place
}

// Stat describes the source that ref names. [ErrSourceMissing], [ErrSourceOutside].
func (s *Sources) Stat(ctx context.Context, ref string) (SourceInfo, error) {
	if strings.HasPrefix(ref, blob.Scheme) {
		info, err := s.Blobs.Stat(ctx, ref)
		if errors.Is(err, blob.ErrNotFound) {
			err = ErrSourceMissing
		}
		return SourceInfo{Size: info.Size, Modified: info.Modified}, err
	}
	f, info, err := s.openFile(ref)
	if err != nil {
		return SourceInfo{}, err
	}
	return info, f.Close()
}

// copyIn copies a file to the blobs and returns what names it there. [ErrSourceGone] when
// it was changed meanwhile, and the errors of the blobs.
func (s *Sources) copyIn(ctx context.Context, path string) (ref string, info SourceInfo, err error) {
	f, before, err := s.openFile(path)
	if err != nil {
		return "", SourceInfo{}, err
	}
	defer f.Close()
	kept, err := s.Blobs.Put(ctx, f, 0)
	if err != nil {
		return "", SourceInfo{}, fmt.Errorf("copy the source: %w", err)
	}
	after, err := f.Stat()
	if err != nil || kept.Size != before.Size || !after.ModTime().Equal(before.Modified) {
		s.discard(ctx, kept.Ref)
		return "", SourceInfo{}, fmt.Errorf("copy the source: %w", ErrSourceGone)
	}
	return kept.Ref, SourceInfo{Name: before.Name, Size: kept.Size, SHA256: kept.SHA256, Modified: kept.Modified}, nil
}

// discard removes a copy that no job names. What cannot be removed is found as unused.
func (s *Sources) discard(ctx context.Context, ref string) {
	_ = s.Blobs.Delete(context.WithoutCancel(ctx), ref)
}

// lacks tells whether ref lies in a folder that this server does not have, so that it
// cannot tell what has become of it.
func (s *Sources) lacks(ref string) bool {
	if strings.HasPrefix(ref, blob.Scheme) || !filepath.IsAbs(ref) {
		return false
	}
	path := filepath.Clean(ref)
	for _, dir := range s.Dirs {
		for _, base := range []string{dir, realPath(dir)} {
			if rel, err := filepath.Rel(base, path); err == nil && filepath.IsLocal(rel) {
				_, err := os.Stat(base)
				return err != nil
			}
		}
	}
	return true
}

// Open opens the source that ref names, with Stat's errors.
func (s *Sources) Open(ctx context.Context, ref string) (blob.Reader, SourceInfo, error) {
	if strings.HasPrefix(ref, blob.Scheme) {
		r, info, err := s.Blobs.Open(ctx, ref)
		if errors.Is(err, blob.ErrNotFound) {
			err = ErrSourceMissing
		}
		return r, SourceInfo{Size: info.Size, Modified: info.Modified}, err
	}
	f, info, err := s.openFile(ref)
	if err != nil {
		return nil, SourceInfo{}, err
	}
	return f, info, nil
}

func (s *Sources) openFile(path string) (*os.File, SourceInfo, error) {
	if !filepath.IsAbs(path) {
		return nil, SourceInfo{}, fmt.Errorf("a relative path: %w", ErrSourceOutside)
	}
	root, name, err := s.confine(path)
	if err != nil {
		return nil, SourceInfo{}, err
	}
	defer root.Close()
	// The kind is looked at before opening: a FIFO would block, a device might act.
	if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, SourceInfo{}, ErrSourceMissing
	}
	// What is put in its place meanwhile does not hold up the request either.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, SourceInfo{}, fmt.Errorf("%w: %w", ErrSourceMissing, err)
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, SourceInfo{}, ErrSourceMissing
	}
	return f, SourceInfo{Name: filepath.Base(path), Size: info.Size(), Modified: info.ModTime()}, nil
}

// confine finds the allowed folder that path, its symlinks resolved, lies under. A
// path outside is refused as such whether or not it exists, so that nobody can
// learn from the answer what else is on the disk.
func (s *Sources) confine(path string) (*os.Root, string, error) {
	path = filepath.Clean(path)
	missing := false
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, "", ErrSourceOutside
		}
		resolved, missing = path, true
	}
	for _, dir := range s.Dirs {
		for _, base := range []string{dir, realPath(dir)} {
			rel, err := filepath.Rel(base, resolved)
			if err != nil || !filepath.IsLocal(rel) || rel == "." {
				continue
			}
			if missing {
				return nil, "", ErrSourceMissing
			}
			root, err := os.OpenRoot(base)
			if err != nil {
				return nil, "", fmt.Errorf("open source folder: %w", err)
			}
			return root, rel, nil
		}
	}
	return nil, "", ErrSourceOutside
}

func realPath(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}
