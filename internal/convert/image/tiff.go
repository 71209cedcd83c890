package image

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"morag/internal/convert"
)

// tiffEntry is the length of one entry in a page's directory.
const tiffEntry = 12

// tiffPages finds the pages of a TIFF file: each has a directory, which tells where the
// next one is. The decoder reads the first page only, so each page gets a file of its
// own, with the header changed to point to it.
func tiffPages(file io.ReaderAt, size int64, limit int) ([]io.ReaderAt, error) {
	bad := func(err error) error {
		if errors.Is(err, io.EOF) {
			return convert.BadSource("the TIFF picture is truncated", err)
		}
		return fmt.Errorf("read TIFF directory: %w", err)
	}
	header := make([]byte, 8)
	if _, err := file.ReadAt(header, 0); err != nil {
		return nil, bad(err)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if header[0] == 'M' {
		order = binary.BigEndian
	}
	var pages []io.ReaderAt
	seen := map[uint32]bool{}
	for offset := order.Uint32(header[4:]); offset != 0; {
		if seen[offset] {
			return nil, convert.BadSource("the TIFF picture's pages go round in a circle", nil)
		}
		if len(pages) == limit {
			return nil, convert.BadSource(fmt.Sprintf("the TIFF picture has more than %d pages", limit), nil)
		}
		seen[offset] = true
		own := [8]byte(header)
		order.PutUint32(own[4:], offset)
		pages = append(pages, tiffPage{file, own})

		var number [4]byte
		if _, err := file.ReadAt(number[:2], int64(offset)); err != nil {
			return nil, bad(err)
		}
		next := int64(offset) + 2 + tiffEntry*int64(order.Uint16(number[:]))
		if next == size-2 || next == size { // some writers leave out the last end mark
			break
		}
		if _, err := file.ReadAt(number[:], next); err != nil {
			return nil, bad(err)
		}
		offset = order.Uint32(number[:])
	}
	if len(pages) == 0 {
		return nil, convert.BadSource("the TIFF picture has no pages", nil)
	}
	return pages, nil
}

// tiffPage is a TIFF file that begins with another page.
type tiffPage struct {
	io.ReaderAt
	header [8]byte
}

func (p tiffPage) ReadAt(buffer []byte, offset int64) (int, error) {
	n, err := p.ReaderAt.ReadAt(buffer, offset)
	if offset >= 0 && offset < int64(len(p.header)) {
		copy(buffer[:n], p.header[offset:])
	}
	return n, err
}
