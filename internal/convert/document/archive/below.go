package archive

import (
	"errors"
	"fmt"
	"io"

	"morag/internal/convert"
)

// below is the file underneath. It bounds what opening the archive may read and
// remembers trouble of this machine, which is not the fault of the file.
type below struct {
	r      io.ReaderAt
	left   int64
	failed error
}

var errDirectory = errors.New("the table of contents is too large")

func (s *below) ReadAt(b []byte, offset int64) (int, error) {
	if s.left -= int64(len(b)); s.left < 0 {
		return 0, errDirectory
	}
	if offset < 0 { // which a false table of contents can lead to
		return 0, io.ErrUnexpectedEOF
	}
	n, err := s.r.ReadAt(b, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}

// explain says why a file is no archive that can be opened.
func (s *below) explain(err error, noun string) error {
	if s.failed != nil {
		return fmt.Errorf("read document: %w", s.failed)
	}
	if errors.Is(err, errDirectory) {
		return convert.BadSource("the file has too many parts to be "+noun, err)
	}
	head := make([]byte, 2)
	if _, err := s.r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read document: %w", err)
	}
	if string(head) == "PK" {
		return convert.BadSource("the file is truncated or damaged: its table of contents at the end is missing", err)
	}
	return convert.BadSource("the file is not "+noun, err)
}
