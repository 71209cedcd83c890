// Package mapped keeps arrays in a file and reads them from there without copying: they
// take no memory of the program's own, and the kernel may drop what of them is not used.
//
// A file is written as a whole, checked as a whole when it is opened, and read in the order
// in which it was written. It is made of what is elsewhere too: one that is damaged, of
// another kind or of another kind of machine is [ErrUnusable], and made anew.
package mapped

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"unsafe"
)

// ErrUnusable: the file is not there, not whole, or of another kind.
var ErrUnusable = errors.New("file cannot be used")

// File is a file that is open. What was read of it is valid as long as File can be reached:
// whoever keeps that keeps File beside it. It is safe for concurrent use once it was read.
type File struct {
	data     []byte
	sections []section
	bad      bool
}

// section is where an array is.
type section struct{ from, size uint64 }

// head begins a file.
type head struct {
	magic [8]byte
	order uint64 // shows the machine's order of bytes
	kind  [64]byte
}

// tail ends a file.
type tail struct {
	table    uint64 // where the sections are listed
	sections uint64
	checksum uint32 // of all before
	_        uint32
}

const (
	headSize = int(unsafe.Sizeof(head{}))
	tailSize = int(unsafe.Sizeof(tail{}))
	sumSize  = 8 // what the checksum does not cover
)

const order = 0x0102030405060708

var (
	magic      = [8]byte{'m', 'o', 'r', 'a', 'g', 'i', 'd', 'x'}
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// Open opens a file of that kind, which has at most 64 bytes, and checks it: it is read
// once. [ErrUnusable].
func Open(path, kind string) (*File, error) {
	data, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	f, err := newFile(data, kind)
	if err != nil {
		unmap(data)
		return nil, fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return f, nil
}

// open checks the file by reading it, so that nothing of it is mapped that is not used.
func open(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < int64(headSize+tailSize) || info.Size()%8 != 0 {
		return nil, io.ErrUnexpectedEOF
	}
	sum := crc32.New(castagnoli)
	if _, err := io.CopyBuffer(sum, io.LimitReader(file, info.Size()-sumSize), make([]byte, 1<<20)); err != nil {
		return nil, err
	}
	data, err := mapFile(file, int(info.Size()))
	if err != nil {
		return nil, err
	}
	if tailOf(data).checksum != sum.Sum32() {
		unmap(data)
		return nil, errors.New("its checksum is wrong")
	}
	return data, nil
}

func newFile(data []byte, kind string) (*File, error) {
	h, t := view[head](data[:headSize])[0], tailOf(data)
	if h.magic != magic || h.order != order || h.kind != kindOf(kind) {
		return nil, errors.New("it is of another kind")
	}
	end, size := uint64(len(data)-tailSize), uint64(unsafe.Sizeof(section{}))
	if t.table > end || t.table%8 != 0 || t.sections > (end-t.table)/size {
		return nil, errors.New("its table is wrong")
	}
	f := &File{data: data, sections: view[section](data[t.table : t.table+t.sections*size])}
	for _, s := range f.sections {
		if s.from%8 != 0 || s.from > t.table || s.size > t.table-s.from {
			return nil, errors.New("its table is wrong")
		}
	}
	runtime.AddCleanup(f, unmap, data)
	return f, nil
}

func tailOf(data []byte) tail { return view[tail](data[len(data)-tailSize:])[0] }

func kindOf(kind string) (b [64]byte) {
	copy(b[:], kind)
	return b
}

// Next is the next array of the file, none when it has no other or of another size;
// [File.Err] tells.
func Next[T any](f *File) []T {
	if len(f.sections) == 0 {
		f.bad = true
		return nil
	}
	s := f.sections[0]
	f.sections = f.sections[1:]
	var one T
	if s.size%uint64(unsafe.Sizeof(one)) != 0 {
		f.bad = true
		return nil
	}
	return view[T](f.data[s.from : s.from+s.size])
}

// Err tells whether all that was read was there, and nothing is left.
func (f *File) Err() error {
	if f.bad || len(f.sections) > 0 {
		return fmt.Errorf("%w: it has other sections", ErrUnusable)
	}
	return nil
}

// view is bytes as what they are. They begin where 8 divides the address.
func view[T any](data []byte) []T {
	var one T
	n := len(data) / int(unsafe.Sizeof(one))
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&data[0])), n)
}
