package jail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"morag/internal/content"
)

// rootPrefix begins the names of the folders of all pools.
const rootPrefix = "morag-scratch-"

// root is the folder of a pool. Its lock says that the pool lives.
type root struct {
	dir  string
	lock *flock.Flock
}

// openRoot makes a root in parent, "" for the system's folder for temporary files, after
// it has removed those of pools that are dead.
func openRoot(parent string) (*root, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	parent, err := filepath.Abs(parent)
	if err != nil {
		return nil, fmt.Errorf("make scratch folder: %w", err)
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, fmt.Errorf("make scratch folder: %w", err)
	}
	sweep(parent)
	dir, err := os.MkdirTemp(parent, rootPrefix)
	if err != nil {
		return nil, fmt.Errorf("make scratch folder: %w", err)
	}
	r := &root{dir: dir, lock: flock.New(filepath.Join(dir, ".lock"), flock.SetPermissions(0o600))}
	if held, err := r.lock.TryLock(); err != nil || !held {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("lock scratch folder: %w", errors.Join(err))
	}
	return r, nil
}

func (r *root) parent() string { return filepath.Dir(r.dir) }

// close removes the folder with everything in it.
func (r *root) close() {
	_ = os.RemoveAll(r.dir)
	_ = r.lock.Close()
}

// sweep removes the roots in parent whose pool is dead. One without a lock is being made,
// unless it is old: then it was not made to the end, or not removed to the end.
func sweep(parent string) {
	roots, _ := filepath.Glob(filepath.Join(parent, rootPrefix+"*"))
	for _, dir := range roots {
		path := filepath.Join(dir, ".lock")
		if _, err := os.Lstat(path); err != nil {
			if info, err := os.Lstat(dir); err == nil && time.Since(info.ModTime()) > sweepEvery {
				_ = os.RemoveAll(dir)
			}
			continue
		}
		lock := flock.New(path, flock.SetPermissions(0o600))
		if held, err := lock.TryLock(); err == nil && held {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}

// folder is a child's own: "in" holds the source of its job, which it only reads, "tmp"
// its scratch.
type folder struct{ dir string }

func newFolder(root string) (folder, error) {
	dir, err := os.MkdirTemp(root, "child-")
	if err != nil {
		return folder{}, fmt.Errorf("make scratch folder: %w", err)
	}
	f := folder{dir}
	for _, sub := range []string{f.in(), f.tmp()} {
		if err := os.Mkdir(sub, 0o700); err != nil {
			return folder{}, fmt.Errorf("make scratch folder: %w", err)
		}
	}
	return f, nil
}

func (f folder) in() string  { return filepath.Join(f.dir, "in") }
func (f folder) tmp() string { return filepath.Join(f.dir, "tmp") }

// remove is called when the child is dead.
func (f folder) remove() { _ = os.RemoveAll(f.dir) }

// show hands the scratch to take.
func (f folder) show(doc *content.Document, take Take) error {
	scratch, err := os.OpenRoot(f.tmp())
	if err != nil {
		return fmt.Errorf("open the scratch of a conversion: %w", err)
	}
	defer scratch.Close()
	return take(doc, scratch)
}

// empty makes the folder ready for the next job.
func (f folder) empty() error {
	for _, sub := range []string{f.in(), f.tmp()} {
		entries, err := os.ReadDir(sub)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := os.RemoveAll(filepath.Join(sub, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// stage brings the files of a source into the folder: by a link, which costs nothing, or
// by a copy where the disk is another one. Files in readable are left where they are.
func (f folder) stage(src content.Source, readable []string) (content.Source, error) {
	var err error
	if src.Path != "" {
		src.Path, err = f.bring(src.Path, "source", readable)
	}
	sidecars := make([]string, len(src.Sidecars))
	for i, path := range src.Sidecars {
		if err == nil {
			sidecars[i], err = f.bring(path, fmt.Sprint("sidecar-", i), readable)
		}
	}
	if len(sidecars) > 0 {
		src.Sidecars = sidecars
	}
	return src, err
}

func (f folder) bring(path, name string, readable []string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for _, r := range readable {
		if r == path {
			return path, nil
		}
	}
	to := filepath.Join(f.in(), name+"-"+filepath.Base(path))
	if real, err := filepath.EvalSymlinks(path); err == nil && os.Link(real, to) == nil {
		return to, nil
	}
	return to, copyFile(path, to)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// used is how many bytes the files of the scratch take on the disk.
func (f folder) used() (sum int64) {
	_ = filepath.WalkDir(f.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || strings.HasPrefix(path, f.in()) {
			return nil
		}
		if info, err := e.Info(); err == nil {
			sum += onDisk(info)
		}
		return nil
	})
	return sum
}
