package filestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"morag/internal/job"
)

// disk is all that the store does to files, so that tests can make each of it
// fail. Names are "folder/file" below the store's folder.
type disk interface {
	// Create opens a new file for writing; fs.ErrExist when the name is taken.
	Create(name string) (writeFile, error)
	Open(name string) (readFile, error)
	Stat(name string) (fs.FileInfo, error)
	Rename(from, to string) error
	Remove(name string) error
	// Walk calls each for everything in a folder, in no order.
	Walk(folder string, each func(fs.DirEntry)) error
	// Sync makes the names in a folder durable.
	Sync(folder string) error
}

type writeFile interface {
	io.Writer
	Sync() error
	Close() error
}

type readFile interface {
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// rootDisk is the real one. Its folders stay open, so that an error of writing
// them back between two syncs is reported by the second.
type rootDisk struct {
	root    *os.Root
	folders map[string]*os.File
}

// openDisk makes the store's folders where they are missing and opens them.
func openDisk(dir string) (*rootDisk, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	d := &rootDisk{root: root, folders: map[string]*os.File{}}
	for _, name := range folderNames() {
		if err := root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, errors.Join(err, d.Close())
		}
		if d.folders[name], err = root.Open(name); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	// The folders themselves must outlast a power failure too.
	top, err := root.Open(".")
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if err := errors.Join(syncFolder(top), top.Close()); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// corruptFolder takes what cannot be read or has lost against a newer copy.
const corruptFolder = "corrupt"

func folderNames() []string {
	names := []string{corruptFolder}
	for _, s := range job.Statuses() {
		names = append(names, string(s))
	}
	return names
}

func (d *rootDisk) Create(name string) (writeFile, error) {
	return d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d *rootDisk) Open(name string) (f readFile, err error) {
	err = d.within(name, func() error {
		f, err = d.root.Open(name)
		return err
	})
	return f, err
}

func (d *rootDisk) Remove(name string) error {
	return d.within(name, func() error { return d.root.Remove(name) })
}

func (d *rootDisk) Stat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }
func (d *rootDisk) Rename(from, to string) error          { return d.root.Rename(from, to) }
func (d *rootDisk) Sync(folder string) error              { return syncFolder(d.folders[folder]) }

// errNoFolder is not fs.ErrNotExist: where a folder is away, an unmounted disk say, its
// files are out of reach, not gone.
var errNoFolder = errors.New("the folder is not there")

// within answers fs.ErrNotExist only for a file that is missing from a folder that is
// there: it does again what found no file, once the folder was seen.
func (d *rootDisk) within(name string, do func() error) error {
	err := do()
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info, err := d.root.Stat(path.Dir(name)); err != nil || !info.IsDir() {
		return fmt.Errorf("%s: %w", name, errNoFolder)
	}
	return do()
}

// Walk reads in batches: a folder may hold a million names.
func (d *rootDisk) Walk(folder string, each func(fs.DirEntry)) error {
	f, err := d.root.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		entries, err := f.ReadDir(1024)
		for _, e := range entries {
			each(e)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read folder %s: %w", folder, err)
		}
	}
}

func (d *rootDisk) Close() error {
	err := d.root.Close()
	for _, f := range d.folders {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}
