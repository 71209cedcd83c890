package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// folder is the place of one attempt in the spool.
type folder struct {
	spool *spool
	name  string
}

const (
	claimFile  = "job.json"
	sourceFile = "source.part"
	resultFile = "result.json"
)

func (f *folder) file(name string) string { return filepath.Join(f.name, name) }

func (f *folder) saveClaim(c claim) error {
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return f.write(claimFile, data)
}

func (f *folder) loadClaim() (claim, error) {
	file, err := f.spool.root.Open(f.file(claimFile))
	if err != nil {
		return claim{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxClaim+1))
	if err != nil {
		return claim{}, err
	}
	if len(data) > maxClaim {
		return claim{}, fmt.Errorf("%s is over %d bytes", claimFile, maxClaim)
	}
	return readClaim(data)
}

// openSource opens source.part, made if need be. The caller closes it.
func (f *folder) openSource() (*os.File, error) {
	return f.spool.root.OpenFile(f.file(sourceFile), os.O_RDWR|os.O_CREATE, 0o600)
}

// sourcePath is where an engine finds source.part.
func (f *folder) sourcePath() string { return filepath.Join(f.spool.dir, f.name, sourceFile) }

// removeSource frees the disk when the source is needed no more.
func (f *folder) removeSource() { f.spool.root.Remove(f.file(sourceFile)) }

// saveResult writes result.json. When it returns nil the result is on stable
// storage.
func (f *folder) saveResult(data []byte) error { return f.write(resultFile, data) }

func (f *folder) hasResult() bool {
	info, err := f.spool.root.Lstat(f.file(resultFile))
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// openResult opens result.json. The caller closes it.
func (f *folder) openResult() (file *os.File, size int64, err error) {
	file, err = f.spool.root.Open(f.file(resultFile))
	if errors.Is(err, fs.ErrNotExist) && f.spool.away() {
		err = errSpoolAway
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// write puts data under a name all at once and durably.
func (f *folder) write(name string, data []byte) (err error) {
	root, part := f.spool.root, f.file(name+".new")
	file, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			root.Remove(part)
		}
	}()
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	if err := root.Rename(part, f.file(name)); err != nil {
		return err
	}
	return syncDir(root, f.name)
}

func (f *folder) remove() error { return f.spool.root.RemoveAll(f.name) }
