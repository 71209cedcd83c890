package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"morag/internal/blob"
	"morag/internal/job"
)

// Source is what there is a backup of. All fields must be set.
type Source struct {
	Folder   string // the name of the data folder
	KeyFile  string // the path of the key that seals secrets
	Jobs     Jobs
	Database Database
	Blobs    Blobs
	Version  string // of the program
	Now      func() time.Time
}

// Jobs are those of a [job.Store].
type Jobs interface {
	List(ctx context.Context, f job.Filter) ([]*job.Job, string, error)
	Result(ctx context.Context, id string) (json.RawMessage, error)
}

// Database writes itself as it is at one moment to a new file.
type Database interface {
	Snapshot(ctx context.Context, path string) error
}

// Blobs are files that can be kept for a while, whoever lets them go.
type Blobs interface {
	Keep() (release func())
	Each(ctx context.Context, fn func(blob.Info) error) error
	Open(ctx context.Context, ref string) (blob.Reader, blob.Info, error)
}

// Make makes an archive, which keeps what it needs in a new folder below dir.
//
// Files are kept from its beginning until it is closed. Jobs are read first and the database
// after them: so a task's row is never older than its job, and what a start does about tasks
// and jobs that a crash has left apart is right for a folder that is restored, too.
func (s Source) Make(ctx context.Context, dir, id string) (_ *Archive, err error) {
	a := &Archive{blobs: s.Blobs, release: s.Blobs.Keep()}
	defer func() {
		if err != nil {
			_ = a.Close() // the error above says what went wrong
		}
	}()
	a.manifest = manifest{Format: format, ID: id, Version: s.Version, CreatedAt: s.Now().UTC().Truncate(time.Second), Folder: s.Folder}
	a.dir = filepath.Join(dir, a.ID)
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return nil, err
	}
	if err := s.copyJobs(ctx, a); err != nil {
		return nil, fmt.Errorf("back up the jobs: %w", err)
	}
	database, err := s.copyDatabase(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("back up the database: %w", err)
	}
	if err := s.listFiles(ctx, a); err != nil {
		return nil, fmt.Errorf("list the files: %w", err)
	}
	if err := s.writeHead(a, database); err != nil {
		return nil, err
	}
	return a, a.measure()
}

// NewID makes the id of a backup.
func NewID() string {
	raw := make([]byte, 8)
	rand.Read(raw)
	return hex.EncodeToString(raw)
}

// copyJobs writes the record of every job.
func (s Source) copyJobs(ctx context.Context, a *Archive) (err error) {
	if a.jobs, err = os.CreateTemp(a.dir, "jobs-"); err != nil {
		return err
	}
	if a.jobSums, err = os.CreateTemp(a.dir, "lines-"); err != nil {
		return err
	}
	out, sums := tar.NewWriter(a.jobs), bufio.NewWriter(a.jobSums)
	for cursor := ""; ; {
		page, next, err := s.Jobs.List(ctx, job.Filter{Limit: 1000, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, j := range page {
			err := s.copyJob(ctx, a, out, sums, j)
			if err != nil && !errors.Is(err, job.ErrNotFound) { // removed meanwhile
				return err
			}
		}
		if cursor = next; cursor == "" {
			return errors.Join(out.Flush(), sums.Flush())
		}
	}
}

func (s Source) copyJob(ctx context.Context, a *Archive, out *tar.Writer, sums *bufio.Writer, j *job.Job) (err error) {
	if j.Status == job.Completed {
		if j.ResultData, err = s.Jobs.Result(ctx, j.ID); err != nil {
			return err
		}
	}
	data, err := j.MarshalJSON()
	if err != nil {
		return err
	}
	data = append(data, '\n')
	name := jobsFolder + "/" + string(j.Status) + "/" + j.ID + ".json"
	err = out.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o600, ModTime: a.CreatedAt, Format: tar.FormatGNU,
	})
	if err != nil {
		return err
	}
	if _, err := out.Write(data); err != nil {
		return err
	}
	a.Jobs++
	sum := sha256.Sum256(data)
	_, err = sums.WriteString(line(sum[:], name))
	return err
}

// copyDatabase returns the hash of the copy.
func (s Source) copyDatabase(ctx context.Context, a *Archive) (sum []byte, err error) {
	path := filepath.Join(a.dir, databaseName)
	if err := s.Database.Snapshot(ctx, path); err != nil {
		return nil, err
	}
	if a.database, err = os.Open(path); err != nil {
		return nil, err
	}
	hash := sha256.New()
	_, err = io.Copy(hash, a.database)
	return hash.Sum(nil), err
}

// listFiles lists all files there are: those that the database refers to, and some that came
// since or that nobody uses any more, which the server that is restored removes.
func (s Source) listFiles(ctx context.Context, a *Archive) (err error) {
	if a.files, err = newTable(a.dir); err != nil {
		return err
	}
	b := builder{table: a.files}
	if err := s.Blobs.Each(ctx, b.add); err != nil {
		return err
	}
	a.Files = int(a.files.count)
	return b.flush()
}

// writeHead makes all that comes before the database's content, whose hash it notes, too.
func (s Source) writeHead(a *Archive, database []byte) error {
	key, err := os.ReadFile(s.KeyFile)
	if err != nil {
		return fmt.Errorf("back up the key of secrets: %w", err)
	}
	about, err := a.encode()
	if err != nil {
		return err
	}
	var head bytes.Buffer
	for _, f := range []struct {
		name string
		data []byte
	}{{manifestName, about}, {sealName, key}} {
		block, err := header(f.name, int64(len(f.data)), a.CreatedAt)
		if err != nil {
			return err
		}
		head.Write(block)
		head.Write(f.data)
		head.Write(make([]byte, padded(int64(len(f.data)))-int64(len(f.data))))
		sum := sha256.Sum256(f.data)
		a.first = append(a.first, line(sum[:], f.name)...)
	}
	a.first = append(a.first, line(database, databaseName)...)
	info, err := a.database.Stat()
	if err != nil {
		return err
	}
	block, err := header(databaseName, info.Size(), a.CreatedAt)
	head.Write(block)
	a.head = head.Bytes()
	return err
}

// measure sums up how large the parts are.
func (a *Archive) measure() error {
	var sizes [3]int64
	for i, f := range []*os.File{a.database, a.jobs, a.jobSums} {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		sizes[i] = info.Size()
	}
	first, ofFiles := int64(len(a.first)), a.files.count*int64(sumLine)
	a.sizes = [partCount]int64{
		partHead: int64(len(a.head)), partDatabase: sizes[0], partPadding: padded(sizes[0]) - sizes[0], partJobs: sizes[1],
		partFiles: a.files.bytes, partSumsHead: blockSize, partFirstSums: first, partJobSums: sizes[2], partFileSums: ofFiles,
		partEnd: endSize(first + sizes[2] + ofFiles),
	}
	return nil
}

// WriteTo writes the whole archive.
func (a *Archive) WriteTo(ctx context.Context, w io.Writer) error {
	r := a.reader(ctx)
	_, err := io.CopyBuffer(w, struct{ io.Reader }{r}, make([]byte, 256<<10))
	return errors.Join(err, r.Close())
}
