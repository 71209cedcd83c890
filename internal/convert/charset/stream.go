package charset

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/text/transform"

	"morag/internal/convert"
	"morag/internal/convert/frame"
)

// HeadSize is how much of a text tells its encoding and its dialect, in bytes.
const HeadSize = 64 << 10

// Stream reads a text file of any size and common encoding as UTF-8 with "\n" for
// line ends. Broken characters pass. Reading ends with errBinary once the text turns
// out to be none, at the latest instead of io.EOF, and with ctx's error.
type Stream struct {
	ctx            context.Context
	file           *os.File
	in             *bufio.Reader
	cr             bool // the last character read was a carriage return
	strange, total int
	last           [utf8.UTFMax]byte // a character that was asked for only in part
	rest           []byte            // what of it is still to be read
}

// Open opens a text file of at most limit bytes. The whole file is looked at for
// its encoding: its first accent may come late.
func Open(ctx context.Context, path string, limit int64) (*Stream, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	s := &Stream{ctx: ctx, file: f}
	if err := s.open(limit); err != nil {
		f.Close()
		return nil, err
	}
	return s, nil
}

func (s *Stream) open(limit int64) error {
	var counted utf8Count
	var head []byte
	piece := make([]byte, HeadSize)
	for {
		n, err := io.ReadFull(frame.Reader(s.ctx, s.file), piece)
		if counted.add(piece[:n]); head == nil {
			head = append([]byte{}, piece[:n]...)
		}
		if counted.size > limit {
			return convert.BadSource(fmt.Sprintf("the document is larger than %d MiB", limit>>20), nil)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read document: %w", err)
		}
	}
	enc, mark := textEncoding(head, &counted)
	if _, err := s.file.Seek(int64(mark), io.SeekStart); err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	s.in = bufio.NewReaderSize(transform.NewReader(frame.Reader(s.ctx, s.file), enc.NewDecoder()), HeadSize)
	return nil
}

// Head returns the first bytes of the text without reading them.
func (s *Stream) Head() []byte {
	head, _ := s.in.Peek(HeadSize)
	return head
}

func (s *Stream) Read(p []byte) (int, error) {
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	for n < len(p) {
		if n > 0 && s.in.Buffered() < utf8.UTFMax {
			break
		}
		r, _, err := s.in.ReadRune()
		if errors.Is(err, io.EOF) && s.strange*20 > s.total {
			err = ErrBinary
		}
		if err != nil {
			return n, err
		}
		if r == 0 {
			return n, ErrBinary
		}
		if s.total++; isStrange(r) {
			s.strange++
		}
		afterCR := s.cr
		if s.cr = r == '\r'; s.cr {
			r = '\n'
		} else if r == '\n' && afterCR {
			continue
		}
		if n+utf8.RuneLen(r) > len(p) {
			s.rest = utf8.AppendRune(s.last[:0], r)
			fits := copy(p[n:], s.rest)
			s.rest = s.rest[fits:]
			return n + fits, nil
		}
		n += utf8.EncodeRune(p[n:], r)
	}
	return n, nil
}

// Close closes the file.
func (s *Stream) Close() error { return s.file.Close() }
