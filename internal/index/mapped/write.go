package mapped

import (
	"bufio"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"os"
	"unsafe"
)

// Writer writes a file. The first error stays.
type Writer struct {
	file     *os.File
	buffer   *bufio.Writer
	sum      hash.Hash32
	at       uint64
	sections []section
	err      error
}

// Write writes a file of that kind in place of the one that is there, when fill has given
// it its arrays, and opens it. It is not synced: a crash leaves one of the two, or one that
// cannot be used.
func Write(path, kind string, fill func(*Writer) error) (*File, error) {
	f, err := write(path, kind, fill)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return f, nil
}

func write(path, kind string, fill func(*Writer) error) (*File, error) {
	next := path + ".new"
	file, err := os.OpenFile(next, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w := &Writer{file: file}
	var data []byte
	if err = w.whole(kind, fill); err == nil {
		data, err = mapFile(file, int(w.at))
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		unmap(data)
		return nil, errors.Join(err, os.Remove(next))
	}
	return newFile(data, kind)
}

func (w *Writer) whole(kind string, fill func(*Writer) error) error {
	w.sum = crc32.New(castagnoli)
	w.buffer = bufio.NewWriterSize(w.file, 1<<20)
	w.write(bytesOf([]head{{magic: magic, order: order, kind: kindOf(kind)}}))
	if err := fill(w); err != nil {
		return err
	}
	w.align()
	t := []tail{{table: w.at, sections: uint64(len(w.sections))}}
	w.write(bytesOf(w.sections))
	last := bytesOf(t)
	w.write(last[:len(last)-sumSize])
	t[0].checksum = w.sum.Sum32()
	w.write(last[len(last)-sumSize:])
	return errors.Join(w.err, w.buffer.Flush())
}

func (w *Writer) write(data []byte) {
	if w.err == nil {
		w.sum.Write(data)
		_, w.err = w.buffer.Write(data)
		w.at += uint64(len(data))
	}
}

// Begin begins an array, which [Append] adds to.
func (w *Writer) Begin() {
	w.align()
	w.sections = append(w.sections, section{from: w.at})
}

func (w *Writer) align() { w.write(make([]byte, (8-w.at%8)%8)) }

// Append adds to the array that was begun last. What is added has no pointers in it.
func Append[T any](w *Writer, items []T) {
	w.write(bytesOf(items))
	last := &w.sections[len(w.sections)-1]
	last.size = w.at - last.from
}

// Add adds an array.
func Add[T any](w *Writer, items []T) {
	w.Begin()
	Append(w, items)
}

func bytesOf[T any](items []T) []byte {
	if len(items) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&items[0])), len(items)*int(unsafe.Sizeof(items[0])))
}
