package backup

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"morag/internal/blob"
	"morag/internal/job"
)

// UnfinishedName is the file that a data folder has while a backup is restored into it, and
// when that was cut off. No server may be started on it.
const UnfinishedName = "restore.unfinished"

// lockName is the file that holds a data folder's name and that its server locks.
const lockName = ".lock"

// lostName is the folder that a new file system has, which may be mounted as a data folder.
const lostName = "lost+found"

// Restored tells what was in a backup.
type Restored struct {
	ID        string
	CreatedAt string
	Version   string
	Jobs      int
	Files     int
	Bytes     int64
}

// Restore makes a data folder of an archive, which it reads once from its beginning to its
// end. The folder must be empty or not there. All of it is on stable storage, and each file
// has the hash that the archive names, when it returns nil; else what was written is removed.
// [ErrNoBackup], [ErrDamaged], [ErrNotEmpty].
func Restore(ctx context.Context, from io.Reader, dir string) (done Restored, err error) {
	if err := mustBeEmpty(dir); err != nil {
		return Restored{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Restored{}, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Restored{}, err
	}
	defer root.Close()
	lock := flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))
	if held, err := lock.TryLock(); err != nil || !held {
		return Restored{}, fmt.Errorf("%w: %s is in use: %w", ErrNotEmpty, dir, err)
	}
	defer lock.Close()
	if err := root.WriteFile(UnfinishedName, nil, 0o600); err != nil {
		return Restored{}, err
	}
	w := &folder{root: root}
	done, err = unpack(ctx, from, w)
	if err == nil {
		err = w.settle()
	}
	if err != nil {
		return Restored{}, errors.Join(err, empty(root))
	}
	return done, nil
}

// Check reads an archive to its end and compares everything in it with its hashes.
// [ErrNoBackup], [ErrDamaged].
func Check(ctx context.Context, from io.Reader) (Restored, error) {
	return unpack(ctx, from, nowhere{})
}

// ID reads the id of an archive whose beginning there is. [ErrNoBackup].
func ID(from io.Reader) (string, error) {
	in := tar.NewReader(from)
	h, err := in.Next()
	if err != nil || h.Name != manifestName {
		return "", ErrNoBackup
	}
	m, err := readManifest(in)
	return m.ID, err
}

func mustBeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != lostName {
			return fmt.Errorf("%w: %s has %s", ErrNotEmpty, dir, e.Name())
		}
	}
	return nil
}

// empty removes what was written.
func empty(root *os.Root) error {
	var errs []error
	for _, name := range []string{databaseName, sealName, jobsFolder, filesFolder, lockName, UnfinishedName} {
		errs = append(errs, root.RemoveAll(name))
	}
	return errors.Join(errs...)
}

// target is where the files of an archive go.
type target interface {
	create(name string) (io.WriteCloser, error)
	named(folder string) error
	scratch() (*os.File, error)
}

// unpack reads an archive.
func unpack(ctx context.Context, from io.Reader, to target) (done Restored, err error) {
	count := &counting{Reader: from, ctx: ctx}
	in := tar.NewReader(bufio.NewReaderSize(count, 1<<20))
	h, err := in.Next()
	if err != nil || h.Name != manifestName {
		return done, errors.Join(ErrNoBackup, count.failed)
	}
	sums, err := to.scratch()
	if err != nil {
		return done, err
	}
	defer func() { _ = errors.Join(sums.Close(), os.Remove(sums.Name())) }()
	u := &unpacking{in: in, to: to, count: count, sums: bufio.NewWriter(sums)}
	hash := sha256.New()
	m, err := readManifest(io.TeeReader(in, hash))
	if err != nil {
		return done, err
	}
	u.sums.WriteString(line(hash.Sum(nil), manifestName)) // Flush tells of errors
	if err := u.all(m); err != nil {
		return done, err
	}
	if err := errors.Join(to.named(m.Folder), u.sums.Flush()); err != nil {
		return done, err
	}
	if err := compare(sums, in); err != nil {
		return done, err
	}
	return Restored{
		ID: m.ID, CreatedAt: m.CreatedAt.Format("2006-01-02 15:04:05 MST"), Version: m.Version,
		Jobs: u.jobs, Files: u.files, Bytes: count.bytes,
	}, nil
}

// unpacking is an archive that is being read.
type unpacking struct {
	in          *tar.Reader
	to          target
	count       *counting
	sums        *bufio.Writer // lines of what was read
	stage       int           // the place in the archive
	jobs, files int
}

// The stages of an archive after its manifest, each with what comes before it.
const (
	wantKey = iota
	wantDatabase
	wantJobs
	wantFiles
)

// all reads all but the manifest, up to the hashes, which come next.
func (u *unpacking) all(m manifest) error {
	for {
		h, err := u.in.Next()
		if err != nil {
			return u.broken(err)
		}
		if h.Typeflag != tar.TypeReg {
			return fmt.Errorf("%w: %.200q is no plain file", ErrDamaged, h.Name)
		}
		switch name := h.Name; {
		case name == sealName && u.stage == wantKey:
			u.stage = wantDatabase
		case name == databaseName && u.stage == wantDatabase:
			u.stage = wantJobs
		case isJob(name) && u.stage == wantJobs:
			u.jobs++
		case isFile(name) && u.stage >= wantJobs:
			u.stage = wantFiles
			u.files++
		case name == sumsName && u.stage >= wantJobs:
			if u.jobs != m.Jobs || u.files != m.Files {
				return fmt.Errorf("%w: it has %d jobs and %d files instead of %d and %d", ErrDamaged, u.jobs, u.files, m.Jobs, m.Files)
			}
			return nil
		default:
			return fmt.Errorf("%w: %.200q is not to be there", ErrDamaged, name)
		}
		if err := u.take(h); err != nil {
			return err
		}
	}
}

// broken is what it means that an archive cannot be read on.
func (u *unpacking) broken(err error) error {
	if u.count.failed != nil {
		return u.count.failed
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early", ErrDamaged)
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// take writes a file where it belongs and notes its line.
func (u *unpacking) take(h *tar.Header) error {
	f, err := u.to.create(h.Name)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: it has %s twice", ErrDamaged, h.Name)
	}
	if err != nil {
		return err
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(hash, f), u.in)
	err = errors.Join(err, f.Close())
	if err != nil && n < h.Size && (u.count.failed != nil || errors.Is(err, io.ErrUnexpectedEOF)) {
		return u.broken(err)
	}
	if err != nil {
		return err
	}
	_, err = u.sums.WriteString(line(hash.Sum(nil), h.Name))
	return err
}

var jobName = regexp.MustCompile(`^` + jobsFolder + `/([a-z]+)/([^/]+)\.json$`)

func isJob(name string) bool {
	m := jobName.FindStringSubmatch(name)
	if m == nil || !job.ValidID(m[2]) {
		return false
	}
	return slices.Contains(job.Statuses(), job.Status(m[1]))
}

func isFile(name string) bool {
	id := path.Base(name)
	return blob.ValidID(id) && name == fileName(blob.Scheme+id)
}

// compare holds the lines of what was read against those that the archive has.
func compare(have *os.File, want io.Reader) error {
	if _, err := have.Seek(0, io.SeekStart); err != nil {
		return err
	}
	got, named := bufio.NewReader(have), bufio.NewReader(want)
	for {
		a, end := got.ReadString('\n')
		if end != nil && !errors.Is(end, io.EOF) {
			return end
		}
		b, err := named.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: its hashes end too early", ErrDamaged)
		}
		if a != b {
			return fmt.Errorf("%w: %s is not what was written", ErrDamaged, nameOf(a, b))
		}
		if end != nil {
			return nil
		}
	}
}

// nameOf is the file of a line, of the first that has one.
func nameOf(lines ...string) string {
	for _, l := range lines {
		if _, name, ok := strings.Cut(strings.TrimSpace(l), "  "); ok {
			return fmt.Sprintf("%.200q", name)
		}
	}
	return "its end"
}

// counting counts what is read, until ctx ends, and keeps why reading failed.
type counting struct {
	io.Reader
	ctx    context.Context
	bytes  int64
	failed error
}

func (c *counting) Read(p []byte) (int, error) {
	if c.failed = c.ctx.Err(); c.failed != nil {
		return 0, c.failed
	}
	n, err := c.Reader.Read(p)
	c.bytes += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.failed = err
	}
	return n, err
}
