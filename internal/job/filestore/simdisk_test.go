package filestore

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// simDisk is a disk in memory that knows what would outlast a power failure: of a
// file's content what was there at its last sync, of a folder's names those of its
// last sync. before sees every operation and may make it fail.
type simDisk struct {
	before func(op, name string) error

	mu      sync.Mutex
	names   map[string]*simFile // as the process sees them
	durable map[string]*simFile // as a power failure leaves them at least
	loose   []simChange         // what happened to names since, in order
	writes  int                 // dates the files
}

type simFile struct {
	data, synced []byte
	written      time.Time
}

// simChange is a creation (from is ""), a removal (to is "") or a renaming.
type simChange struct {
	from, to string
	file     *simFile
}

func newSimDisk() *simDisk {
	return &simDisk{names: map[string]*simFile{}, durable: map[string]*simFile{}, before: func(string, string) error { return nil }}
}

// enter is the start of every operation.
func (d *simDisk) enter(op, name string) error {
	d.mu.Lock()
	before := d.before
	d.mu.Unlock()
	if err := before(op, name); err != nil {
		return &fs.PathError{Op: op, Path: name, Err: err}
	}
	return nil
}

// watch sets before.
func (d *simDisk) watch(before func(op, name string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = before
}

func (c simChange) apply(names map[string]*simFile) {
	delete(names, c.from)
	if c.to != "" {
		names[c.to] = c.file
	}
}

func (d *simDisk) change(c simChange) {
	c.apply(d.names)
	d.loose = append(d.loose, c)
}

func (d *simDisk) Create(name string) (writeFile, error) {
	if err := d.enter("create", name); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names[name] != nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	}
	f := &simFile{written: time.Unix(0, 0)}
	d.change(simChange{to: name, file: f})
	return &simWriter{disk: d, file: f, name: name}, nil
}

func (d *simDisk) Open(name string) (readFile, error) {
	if err := d.enter("open", name); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.names[name]
	if f == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &simReader{disk: d, file: f, name: name}, nil
}

func (d *simDisk) Stat(name string) (fs.FileInfo, error) {
	if err := d.enter("stat", name); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.names[name]
	if f == nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return simInfo{name: path.Base(name), size: len(f.data), written: f.written}, nil
}

func (d *simDisk) Rename(from, to string) error {
	if err := d.enter("rename", from); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.names[from]
	if f == nil {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	d.change(simChange{from: from, to: to, file: f})
	return nil
}

func (d *simDisk) Remove(name string) error {
	if err := d.enter("remove", name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names[name] == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	d.change(simChange{from: name})
	return nil
}

func (d *simDisk) Walk(folder string, each func(fs.DirEntry)) error {
	d.mu.Lock()
	names := slices.Sorted(maps.Keys(d.names))
	d.mu.Unlock()
	for _, name := range names {
		if path.Dir(name) == folder {
			each(fs.FileInfoToDirEntry(simInfo{name: path.Base(name)}))
		}
	}
	return nil
}

func (d *simDisk) Sync(folder string) error {
	if err := d.enter("syncfolder", folder); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	in := func(name string) bool { return strings.HasPrefix(name, folder+"/") }
	d.loose = slices.DeleteFunc(d.loose, func(c simChange) bool {
		if !in(c.from) && !in(c.to) {
			return false
		}
		c.apply(d.durable)
		return true
	})
	return nil
}

// afterKill is the disk as another process finds it when this one has died.
func (d *simDisk) afterKill() *simDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := newSimDisk()
	for name, f := range d.names {
		next.put(name, f.data, f.written)
	}
	return next
}

// afterPowerLoss is the disk after a power failure. Which of the changes that were not
// synced are there is up to chance: names may be there without their content, later
// changes without earlier ones.
func (d *simDisk) afterPowerLoss(chance *rand.Rand) *simDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := maps.Clone(d.durable)
	for _, c := range d.loose {
		if chance.IntN(2) == 0 {
			c.apply(names)
		}
	}
	next := newSimDisk()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f := names[name]
		data := f.synced
		if !bytes.Equal(f.data, f.synced) {
			switch chance.IntN(4) {
			case 0:
				data = f.data
			case 1:
				data = f.data[:chance.IntN(len(f.data)+1)]
			case 2:
				data = make([]byte, len(f.data))
			}
		}
		next.put(name, data, f.written)
	}
	return next
}

// put places a durable file.
func (d *simDisk) put(name string, data []byte, written time.Time) {
	f := &simFile{data: bytes.Clone(data), synced: bytes.Clone(data), written: written}
	d.names[name], d.durable[name] = f, f
}

// list returns the names of a folder's files.
func (d *simDisk) list(folder string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []string
	for name := range d.names {
		if path.Dir(name) == folder {
			list = append(list, path.Base(name))
		}
	}
	slices.Sort(list)
	return list
}

// open opens a store on the disk.
func (d *simDisk) open(t testing.TB, c Config) *Store {
	t.Helper()
	s, err := open(c, d, func() error { return nil })
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// errHalf makes a write stop in the middle.
var errHalf = errors.New("input/output error in the middle")

type simWriter struct {
	disk *simDisk
	file *simFile
	name string
}

func (w *simWriter) Write(p []byte) (int, error) {
	err := w.disk.enter("write", w.name)
	if err != nil && !errors.Is(err, errHalf) {
		return 0, err
	}
	if err != nil {
		p = p[:len(p)/2]
	}
	w.disk.mu.Lock()
	defer w.disk.mu.Unlock()
	w.disk.writes++
	w.file.written = time.Unix(int64(w.disk.writes), 0)
	w.file.data = append(w.file.data, p...)
	return len(p), err
}

func (w *simWriter) Sync() error {
	if err := w.disk.enter("sync", w.name); err != nil {
		return err
	}
	w.disk.mu.Lock()
	defer w.disk.mu.Unlock()
	w.file.synced = bytes.Clone(w.file.data)
	return nil
}

func (w *simWriter) Close() error { return w.disk.enter("close", w.name) }

type simReader struct {
	disk *simDisk
	file *simFile
	name string
}

func (r *simReader) ReadAt(p []byte, at int64) (int, error) {
	if err := r.disk.enter("read", r.name); err != nil {
		return 0, err
	}
	r.disk.mu.Lock()
	defer r.disk.mu.Unlock()
	n := copy(p, r.file.data[min(int(at), len(r.file.data)):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (r *simReader) Stat() (fs.FileInfo, error) {
	if err := r.disk.enter("fstat", r.name); err != nil {
		return nil, err
	}
	r.disk.mu.Lock()
	defer r.disk.mu.Unlock()
	return simInfo{name: path.Base(r.name), size: len(r.file.data), written: r.file.written}, nil
}

func (r *simReader) Close() error { return nil }

type simInfo struct {
	name    string
	size    int
	written time.Time
}

func (i simInfo) Name() string       { return i.name }
func (i simInfo) Size() int64        { return int64(i.size) }
func (i simInfo) Mode() fs.FileMode  { return 0o600 }
func (i simInfo) ModTime() time.Time { return i.written }
func (i simInfo) IsDir() bool        { return false }
func (i simInfo) Sys() any           { return nil }

// countingDisk counts the bytes that are read.
type countingDisk struct {
	disk
	read atomic.Int64
}

type countingReader struct {
	readFile
	read *atomic.Int64
}

func (d *countingDisk) Open(name string) (readFile, error) {
	f, err := d.disk.Open(name)
	return countingReader{f, &d.read}, err
}

func (r countingReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.readFile.ReadAt(p, at)
	r.read.Add(int64(n))
	return n, err
}
