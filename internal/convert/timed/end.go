package timed

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"morag/internal/convert"
)

const (
	// enough of the bytes that a file says it has must be there, or it was cut off; programs
	// round a little.
	enough = 0.9
	// A RIFF file (wav, avi) that says it has more than this was written to a pipe, by a
	// program that could not know.
	unknownSize = 0x7fff_0000
	// maxOggPage is the most bytes of a page: RFC 3533, section 6.
	maxOggPage = 65_307
)

// CheckEnd looks for the end of the containers that ffmpeg reads as far as they go: RIFF
// says its size, and the last page of an Ogg file has a mark. A RIFF file of which much is
// missing wraps [convert.ErrBadSource]; an Ogg file without the mark, which may be a
// recorded broadcast, is a warning.
func CheckEnd(path string) (warning string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("look at the end: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("look at the end: %w", err)
	}
	head := make([]byte, 8)
	if _, err := f.ReadAt(head, 0); err != nil {
		return "", nil // whatever it is, it has no such head
	}
	switch string(head[:4]) {
	case "RIFF":
		says := int64(binary.LittleEndian.Uint32(head[4:])) + 8
		if says < unknownSize && float64(info.Size()) < enough*float64(says) {
			return "", convert.BadSource(fmt.Sprintf("the file is truncated: of %d bytes only %d are there", says, info.Size()), nil)
		}
	case "OggS":
		start := max(0, info.Size()-maxOggPage)
		tail, err := io.ReadAll(io.NewSectionReader(f, start, info.Size()-start))
		if err != nil {
			return "", fmt.Errorf("look at the end: %w", err)
		}
		if !endsStream(tail) {
			return "the recording has no end: it may have been cut off", nil
		}
	}
	return "", nil
}

// endsStream tells whether the last page of an Ogg file says that it is the last: in the
// byte after "OggS" and the version, 4 stands for that.
func endsStream(tail []byte) bool {
	last := bytes.LastIndex(tail, []byte("OggS\x00"))
	return last >= 0 && last+5 < len(tail) && tail[last+5]&4 != 0
}
