package mirror

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// stat is what tells, without reading a file, whether it has changed.
type stat struct {
	size     int64 // -1: not known
	modified int64 // nanoseconds since 1970
	changed  int64 // the same of any change, as of its name; 0 where the system does not tell
}

// entry is a file that is there.
type entry struct {
	stat  stat
	apart bool // on another file system than the folder
}

// walk is what was found in a folder.
type walk struct {
	files   map[string]entry
	folders map[string]uint64 // which file system each is on
	dark    []unread          // what could not be looked at: what lies there is not known
	device  uint64            // of the folder itself
}

type unread struct {
	path string
	err  error
}

// maxNesting bounds how deep folders may lie in one another.
const maxNesting = 1000

// look finds the files in a folder: regular ones that hold something, neither hidden nor
// ignored. Symbolic links are not followed.
func look(ctx context.Context, root *os.Root) (*walk, error) {
	info, err := root.Stat(".")
	if err != nil {
		return nil, err
	}
	_, device := system(info)
	w := &walk{files: map[string]entry{}, folders: map[string]uint64{".": device}, device: device}
	if err := w.folder(ctx, root, ".", nil); err != nil {
		return nil, err
	}
	if err := w.whole("."); err != nil {
		return nil, err
	}
	return w, nil
}

// whole is an error when the folder itself could not be read.
func (w *walk) whole(folder string) error {
	for _, u := range w.dark {
		if u.path == folder {
			return u.err
		}
	}
	return nil
}

func (w *walk) folder(ctx context.Context, root *os.Root, name string, above ignored) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if strings.Count(name, "/") > maxNesting {
		w.dark = append(w.dark, unread{name, fmt.Errorf("it lies in more than %d folders", maxNesting)})
		return nil
	}
	entries, err := list(root, name)
	if err != nil {
		w.dark = append(w.dark, unread{name, err})
		return nil
	}
	patterns := above
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == IgnoreFile }) {
		if patterns, err = above.with(root, name); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		below := path.Join(name, e.Name())
		if patterns.match(below, e.IsDir()) {
			continue
		}
		if err := w.entry(ctx, root, below, e, patterns); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(ctx context.Context, root *os.Root, name string, e fs.DirEntry, patterns ignored) error {
	if !e.IsDir() && !e.Type().IsRegular() {
		return nil
	}
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) { // it has gone meanwhile
		return nil
	}
	if err != nil {
		w.dark = append(w.dark, unread{name, err})
		return nil
	}
	changed, device := system(info)
	switch {
	case info.IsDir():
		w.folders[name] = device
		return w.folder(ctx, root, name, patterns)
	case info.Mode().IsRegular() && info.Size() > 0:
		w.files[name] = entry{stat{info.Size(), info.ModTime().UnixNano(), changed}, device != w.device}
	}
	return nil
}

func list(root *os.Root, name string) ([]fs.DirEntry, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// openFile opens a regular file of the folder for reading. Links do not lead out of it, and
// what has become a pipe meanwhile does not block.
func openFile(root *os.Root, name string) (*os.File, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", name)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// hidden tells why it is not known whether a file that was not found is gone, "" when it is.
func (w *walk) hidden(f file) string {
	for _, u := range w.dark {
		if u.path == "." || f.path == u.path || strings.HasPrefix(f.path, u.path+"/") {
			return "cannot be read"
		}
	}
	if !f.apart {
		return ""
	}
	// It lay on another file system. Where that is not mounted, an empty folder is in its place.
	for folder := path.Dir(f.path); ; folder = path.Dir(folder) {
		if device, there := w.folders[folder]; there {
			if device == w.device {
				return "is no longer mounted"
			}
			return ""
		}
	}
}

// still tells whether nobody writes a file any more: its time lies back for long enough, or
// it has not changed for as long as it was looked at.
func (m *Mirror) still(name string, s stat, now time.Time) bool {
	if age := now.Sub(time.Unix(0, s.modified)); age >= m.cfg.Quiet {
		return true
	}
	before, known := m.restless[name]
	if !known || before.stat != s {
		m.restless[name] = glimpse{s, now}
		return m.cfg.Quiet <= 0
	}
	return now.Sub(before.at) >= m.cfg.Quiet
}

// glimpse is how a file was when it was first seen so.
type glimpse struct {
	stat stat
	at   time.Time
}
