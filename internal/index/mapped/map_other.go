//go:build !unix

package mapped

import (
	"io"
	"os"
	"unsafe"
)

// mapFile reads the file: one that is mapped could not be replaced here.
func mapFile(file *os.File, size int) ([]byte, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	words := make([]uint64, (size+7)/8) // so that it begins where 8 divides the address
	data := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), size)
	_, err := io.ReadFull(file, data)
	return data, err
}

func unmap([]byte) {}
