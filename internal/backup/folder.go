package backup

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
)

// folder is a data folder that is being restored.
type folder struct{ root *os.Root }

// create makes a file, which is synced when it is closed. fs.ErrExist.
func (f *folder) create(name string) (io.WriteCloser, error) {
	if err := f.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return nil, err
	}
	out, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return synced{out}, nil
}

type synced struct{ *os.File }

func (s synced) Close() error { return errors.Join(s.Sync(), s.File.Close()) }

// named gives the folder the name that the one had which the archive is of, so that a server
// knows the tasks that this one was running, and runs them anew at once.
func (f *folder) named(name string) error {
	return f.root.WriteFile(lockName, []byte(name+"\n"), 0o600)
}

func (f *folder) scratch() (*os.File, error) { return os.CreateTemp("", "morag-restore-") }

// settle makes the names durable, and the folder one that a server may be started on.
func (f *folder) settle() error {
	err := fs.WalkDir(f.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || !e.IsDir():
			return err
		case name == lostName:
			return fs.SkipDir
		}
		return f.sync(name)
	})
	if err != nil {
		return err
	}
	if err := f.root.Remove(UnfinishedName); err != nil {
		return err
	}
	return f.sync(".")
}

func (f *folder) sync(name string) error {
	d, err := f.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(syncFolder(d), d.Close())
}

// nowhere takes the files of an archive that is only checked.
type nowhere struct{}

func (nowhere) create(string) (io.WriteCloser, error) { return discarding{io.Discard}, nil }
func (nowhere) named(string) error                    { return nil }
func (nowhere) scratch() (*os.File, error)            { return os.CreateTemp("", "morag-check-") }

type discarding struct{ io.Writer }

func (discarding) Close() error { return nil }
