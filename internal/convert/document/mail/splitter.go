package mail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"morag/internal/convert"
)

// splitter reads a mail and stops where a part ends: at a boundary of any multipart that is
// open, since an inner one may lack its end. Read reads the part that it is in.
type splitter struct {
	in         *bufio.Reader
	boundaries []string // of the open multiparts, the outermost first
	stop       *stop    // what has been met, nil inside of a part
	middle     bool     // the next bytes are the middle of a line
	lineEnd    []byte   // belongs to the boundary if one follows
	ready      []byte   // what Read has not given out yet, in buffer
	buffer     []byte
}

// stop is what a part ends at.
type stop struct {
	level int  // index of the boundary, -1 for the end of the file
	last  bool // the boundary says that no part follows
}

func newSplitter(r io.Reader) *splitter { return &splitter{in: bufio.NewReaderSize(r, 64<<10)} }

func (s *splitter) Read(p []byte) (int, error) {
	for len(s.ready) == 0 {
		if s.stop != nil {
			return 0, io.EOF
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}

// fill reads a line, or a piece of a long one.
func (s *splitter) fill() error {
	line, err := s.in.ReadSlice('\n')
	isStart := !s.middle
	s.middle = errors.Is(err, bufio.ErrBufferFull)
	switch {
	case err == nil, s.middle:
	case !errors.Is(err, io.EOF):
		return err
	case len(line) == 0:
		s.ready, s.lineEnd, s.stop = s.lineEnd, nil, &stop{level: -1}
		return nil
	}
	if isStart {
		if found := s.match(line); found != nil {
			s.stop, s.lineEnd = found, nil
			return nil
		}
	}
	text := bytes.TrimRight(line, "\r\n")
	s.buffer = append(append(s.buffer[:0], s.lineEnd...), text...)
	s.ready, s.lineEnd = s.buffer, append(s.lineEnd[:0], line[len(text):]...)
	return nil
}

// line reads a line of a header, without its end; io.EOF says that the part has ended. One
// that is longer than limit is refused.
func (s *splitter) line(limit int) (string, error) {
	if s.stop != nil {
		return "", io.EOF
	}
	var line []byte
	for {
		piece, err := s.in.ReadSlice('\n')
		if line = append(line, piece...); len(line) > limit {
			return "", convert.BadSource("the e-mail has a header of more than 4 MiB", nil)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return "", err
		case len(line) == 0:
			s.stop = &stop{level: -1}
			return "", io.EOF
		}
		if s.stop = s.match(line); s.stop != nil {
			return "", io.EOF
		}
		return strings.TrimRight(string(line), "\r\n"), nil
	}
}

// match tells which boundary a line is.
func (s *splitter) match(line []byte) *stop {
	line, found := bytes.CutPrefix(bytes.TrimRight(line, " \t\r\n"), []byte("--"))
	for level := len(s.boundaries) - 1; found && level >= 0; level-- {
		switch rest, named := bytes.CutPrefix(line, []byte(s.boundaries[level])); {
		case named && len(rest) == 0:
			return &stop{level: level}
		case named && string(rest) == "--":
			return &stop{level: level, last: true}
		}
	}
	return nil
}

// skip reads the rest of the part.
func (s *splitter) skip() error {
	_, err := io.Copy(io.Discard, s)
	return err
}

// each calls part for every part between the boundaries and writes what stands before the
// first of them to before; true says that the end of the file came first.
func (s *splitter) each(boundary string, before io.Writer, part func() error) (cut bool, err error) {
	level := len(s.boundaries)
	s.boundaries = append(s.boundaries, boundary)
	defer func() { s.boundaries = s.boundaries[:level] }()
	for {
		if _, err := io.Copy(before, s); err != nil {
			return false, err
		}
		before = io.Discard
		switch {
		case s.stop.level < level: // left for those around
			return s.stop.level < 0, nil
		case s.stop.last:
			s.stop = nil
			s.boundaries = s.boundaries[:level]
			return false, s.skip()
		}
		s.stop = nil
		if err := part(); err != nil {
			return false, err
		}
	}
}
