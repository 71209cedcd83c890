package backup

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"

	"morag/internal/blob"
)

// table lists the files of an archive and where each begins in the part of the archive that
// they make: on disk, since there may be millions.
type table struct {
	rows  *os.File
	sums  *os.File // what is known of the hashes
	count int64
	bytes int64 // of the part
}

// file is a row of it.
type file struct {
	number   int64
	ref      string
	at       int64 // where its header begins
	size     int64
	modified time.Time
}

const (
	rowBytes = blob.IDBytes + 3*8
	sumBytes = 1 + sha256.Size // the first byte is 1 when the rest is a hash
	// sumLine is the length of a file's line in [sumsName].
	sumLine = 2*sha256.Size + len("  ") + len(filesFolder) + len("/00/") + 2*blob.IDBytes + len("\n")
)

func newTable(dir string) (_ *table, err error) {
	t := &table{}
	if t.rows, err = os.CreateTemp(dir, "files-"); err != nil {
		return nil, err
	}
	if t.sums, err = os.CreateTemp(dir, "sums-"); err != nil {
		return nil, errors.Join(err, t.rows.Close())
	}
	return t, nil
}

func (t *table) close() error { return errors.Join(t.rows.Close(), t.sums.Close()) }

// builder adds rows to a table.
type builder struct {
	*table
	buffer []byte
}

// add takes a file, whose reference must be larger than the one before.
func (b *builder) add(info blob.Info) error {
	id, err := blob.ID(info.Ref)
	if err != nil {
		return err
	}
	b.buffer, _ = hex.AppendDecode(b.buffer, []byte(id)) // it is hexadecimal digits
	for _, n := range []int64{b.bytes, info.Size, info.Modified.Unix()} {
		b.buffer = binary.BigEndian.AppendUint64(b.buffer, uint64(n))
	}
	b.count++
	b.bytes += blockSize + padded(info.Size)
	if len(b.buffer) >= 1<<16 {
		return b.flush()
	}
	return nil
}

func (b *builder) flush() error {
	_, err := b.rows.Write(b.buffer)
	b.buffer = b.buffer[:0]
	return err
}

// row reads the one of a number.
func (t *table) row(number int64) (file, error) {
	var raw [rowBytes]byte
	if _, err := t.rows.ReadAt(raw[:], number*rowBytes); err != nil {
		return file{}, fmt.Errorf("read the list of files: %w", err)
	}
	n := func(i int) int64 { return int64(binary.BigEndian.Uint64(raw[blob.IDBytes+8*i:])) }
	return file{number, blob.Scheme + hex.EncodeToString(raw[:blob.IDBytes]), n(0), n(1), time.Unix(n(2), 0)}, nil
}

// find returns the file that has the byte at a place of the part.
func (t *table) find(at int64) (found file, err error) {
	after := sort.Search(int(t.count), func(i int) bool {
		f, failed := t.row(int64(i))
		err = errors.Join(err, failed)
		return f.at > at
	})
	if err != nil {
		return file{}, err
	}
	return t.row(int64(after) - 1)
}

// sum is the hash of a file, nil when it is not known yet.
func (t *table) sum(number int64) ([]byte, error) {
	var raw [sumBytes]byte
	if n, err := t.sums.ReadAt(raw[:], number*sumBytes); n < len(raw) {
		if errors.Is(err, io.EOF) {
			return nil, nil // none so far has come
		}
		return nil, err
	}
	if raw[0] == 0 {
		return nil, nil
	}
	return raw[1:], nil
}

func (t *table) setSum(number int64, sum []byte) error {
	_, err := t.sums.WriteAt(append([]byte{1}, sum...), number*sumBytes)
	return err
}

// fileName is where a file lies in a data folder.
func fileName(ref string) string {
	id := strings.TrimPrefix(ref, blob.Scheme)
	return filesFolder + "/" + id[:2] + "/" + id
}

// line is that of a file in [sumsName], as sha256sum writes it.
func line(sum []byte, name string) string { return hex.EncodeToString(sum) + "  " + name + "\n" }
