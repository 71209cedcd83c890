package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"morag/internal/blob"
)

// blockSize is that of tar: headers are one block, and contents fill whole ones.
const blockSize = 512

// padded is how much of an archive a content of n bytes takes.
func padded(n int64) int64 { return (n + blockSize - 1) / blockSize * blockSize }

// Archive is a backup that was made: a tar file of which only the database and the jobs lie
// on disk a second time. Its bytes do not change, so that it can be read in ranges. The
// hashes at its end are those of what was read of it; a file that was not read as a whole is
// hashed when its line is.
type Archive struct {
	manifest
	blobs    Blobs
	dir      string // has what was made, and is removed with it
	head     []byte // all before the database's content
	database *os.File
	jobs     *os.File // a tar file without its end
	files    *table
	first    []byte   // the lines of what comes before the jobs
	jobSums  *os.File // those of the jobs
	release  func()

	sizes [partCount]int64
}

// The parts of an archive, in their order.
const (
	partHead = iota
	partDatabase
	partPadding
	partJobs
	partFiles
	partSumsHead
	partFirstSums
	partJobSums
	partFileSums
	partEnd
	partCount
)

// Size is how many bytes it has.
func (a *Archive) Size() (n int64) {
	for _, size := range a.sizes {
		n += size
	}
	return n
}

// endSize is what fills the last block and marks the end of a tar file.
func endSize(sums int64) int64 { return padded(sums) - sums + 2*blockSize }

// Close removes what was made for it. Nobody may read it any more.
func (a *Archive) Close() error {
	var errs []error
	for _, f := range []*os.File{a.database, a.jobs, a.jobSums} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	if a.files != nil {
		errs = append(errs, a.files.close())
	}
	if a.release != nil {
		a.release()
	}
	return errors.Join(append(errs, os.RemoveAll(a.dir))...)
}

// header is that of a file of an archive. It is one block, however large the file.
func header(name string, size int64, modified time.Time) ([]byte, error) {
	var b bytes.Buffer
	err := tar.NewWriter(&b).WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: modified.Truncate(time.Second), Format: tar.FormatGNU,
	})
	if err == nil && b.Len() != blockSize {
		err = fmt.Errorf("the header of %s has %d bytes", name, b.Len())
	}
	return b.Bytes(), err
}

// reader reads an archive, one at a time. It is an [io.ReadSeekCloser].
type reader struct {
	*Archive
	ctx  context.Context
	at   int64
	open blob.Reader // of the file that was last read from, nil for none
	is   file        // that file
	hash hash.Hash   // of it, nil unless it is read from its beginning
	done int64       // how much of it was hashed
	sum  []byte      // the line that was last made
	of   int64       // the file whose it is, less one
}

func (a *Archive) reader(ctx context.Context) *reader { return &reader{Archive: a, ctx: ctx} }

// Seek implements [io.Seeker].
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.Size()
	}
	if offset < 0 {
		return 0, errors.New("before the beginning")
	}
	r.at = offset
	return offset, nil
}

// Close implements [io.Closer].
func (r *reader) Close() error { return r.leave() }

func (r *reader) leave() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open, r.hash = nil, nil
	return err
}

// Read implements [io.Reader].
func (r *reader) Read(p []byte) (n int, err error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	at := r.at
	for part, size := range r.sizes {
		if at < size {
			n, err = r.part(part, p[:min(int64(len(p)), size-at)], at)
			r.at += int64(n)
			if n > 0 && errors.Is(err, io.EOF) {
				err = nil
			}
			return n, err
		}
		at -= size
	}
	return 0, io.EOF
}

// part reads of a part what begins at a place of it.
func (r *reader) part(part int, p []byte, at int64) (int, error) {
	switch part {
	case partHead:
		return copy(p, r.head[at:]), nil
	case partDatabase:
		return r.database.ReadAt(p, at)
	case partJobs:
		return r.jobs.ReadAt(p, at)
	case partFiles:
		return r.readFile(p, at)
	case partSumsHead:
		head, err := header(sumsName, r.sizes[partFirstSums]+r.sizes[partJobSums]+r.sizes[partFileSums], r.CreatedAt)
		return copy(p, head[at:]), err
	case partFirstSums:
		return copy(p, r.first[at:]), nil
	case partJobSums:
		return r.jobSums.ReadAt(p, at)
	case partFileSums:
		return r.readSum(p, at)
	}
	clear(p) // padding
	return len(p), nil
}

// readFile reads of the part that the files make.
func (r *reader) readFile(p []byte, at int64) (int, error) {
	if r.open == nil || at < r.is.at || at >= r.is.at+blockSize+padded(r.is.size) {
		if err := r.enter(at); err != nil {
			return 0, err
		}
	}
	at -= r.is.at
	if at < blockSize {
		head, err := header(fileName(r.is.ref), r.is.size, r.is.modified)
		return copy(p, head[at:]), err
	}
	if at -= blockSize; at >= r.is.size {
		n := min(int64(len(p)), padded(r.is.size)-at)
		clear(p[:n])
		return int(n), nil
	}
	n, err := r.open.ReadAt(p[:min(int64(len(p)), r.is.size-at)], at)
	if n == 0 {
		return 0, fmt.Errorf("read the file %s: %w", r.is.ref, early(err))
	}
	return n, r.seen(p[:n], at)
}

// early is err, of a file that should have had more.
func early(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// enter opens the file that has a place.
func (r *reader) enter(at int64) (err error) {
	if err := r.leave(); err != nil {
		return err
	}
	if r.is, err = r.files.find(at); err != nil {
		return err
	}
	if r.open, _, err = r.blobs.Open(r.ctx, r.is.ref); err != nil {
		return fmt.Errorf("read the file %s: %w", r.is.ref, err)
	}
	r.hash, r.done = sha256.New(), 0
	if r.is.size == 0 {
		return r.files.setSum(r.is.number, r.hash.Sum(nil))
	}
	return nil
}

// seen hashes what was read of a file, as long as nothing of it was passed over.
func (r *reader) seen(p []byte, at int64) error {
	if r.hash == nil || at > r.done {
		r.hash = nil
		return nil
	}
	if again := r.done - at; again < int64(len(p)) {
		n, _ := r.hash.Write(p[again:]) // never fails
		r.done += int64(n)
	}
	if r.done < r.is.size {
		return nil
	}
	return r.files.setSum(r.is.number, r.hash.Sum(nil))
}

// readSum reads of the lines that the files have in [sumsName].
func (r *reader) readSum(p []byte, at int64) (int, error) {
	number := at / int64(sumLine)
	if r.of != number+1 {
		f, err := r.files.row(number)
		if err != nil {
			return 0, err
		}
		sum, err := r.files.sum(number)
		if err == nil && sum == nil {
			sum, err = r.hashFile(f)
		}
		if err != nil {
			return 0, err
		}
		r.sum, r.of = []byte(line(sum, fileName(f.ref))), number+1
	}
	return copy(p, r.sum[at-number*int64(sumLine):]), nil
}

func (r *reader) hashFile(f file) (sum []byte, err error) {
	src, _, err := r.blobs.Open(r.ctx, f.ref)
	if err != nil {
		return nil, fmt.Errorf("read the file %s: %w", f.ref, err)
	}
	defer src.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, io.LimitReader(src, f.size))
	if err != nil || n < f.size {
		return nil, fmt.Errorf("read the file %s: %w", f.ref, early(err))
	}
	sum = hash.Sum(nil)
	return sum, r.files.setSum(f.number, sum)
}
