package jail

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// What the frames between the two processes are. A frame is a byte that says what it is,
// four bytes of length, the most significant first, and so many bytes.
const (
	kindHello    = 'H' // to the child, once: hello
	kindJob      = 'J' // to the child: job
	kindReady    = 'R' // from the child, once: ready
	kindProgress = 'P' // from the child: step
	kindFound    = 'F' // from the child: found
	kindText     = 'T' // from the child: a piece of the document's text, as it is
	kindDocument = 'D' // from the child: the document without its text; the job is done
	kindError    = 'E' // from the child: failure; the job is done
)

// The longest frame of each kind and the longest text. A child that has been taken over
// may send what it likes.
const (
	maxSmall    = 64 << 10
	maxDocument = 128 << 20
	maxText     = 256 << 20
	textPiece   = 1 << 20
)

var longest = map[byte]uint32{
	kindHello: maxSmall << 4, kindJob: maxSmall, kindReady: maxSmall, kindProgress: maxSmall, kindFound: maxSmall,
	kindText: textPiece, kindDocument: maxDocument, kindError: maxSmall,
}

// errProtocol: the other process does not speak as it should.
var errProtocol = errors.New("broken protocol")

// writeFrame writes one frame.
func writeFrame(w io.Writer, kind byte, body []byte) error {
	if uint64(len(body)) > uint64(longest[kind]) {
		return fmt.Errorf("%w: a frame %q of %d bytes", errProtocol, kind, len(body))
	}
	head := [5]byte{kind}
	binary.BigEndian.PutUint32(head[1:], uint32(len(body)))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

// writeJSON writes one frame that holds v.
func writeJSON(w io.Writer, kind byte, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeFrame(w, kind, body)
}

// readFrame reads one frame. It is io.EOF when there is none any more, and takes no more
// memory than was really sent.
func readFrame(r io.Reader) (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	kind = head[0]
	length := binary.BigEndian.Uint32(head[1:])
	if limit, known := longest[kind]; !known || length > limit {
		return 0, nil, fmt.Errorf("%w: a frame %q of %d bytes", errProtocol, kind, length)
	}
	if length <= textPiece {
		body = make([]byte, length)
		_, err = io.ReadFull(r, body)
	} else {
		var all bytes.Buffer
		_, err = io.CopyN(&all, r, int64(length))
		body = all.Bytes()
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return kind, body, err
}

// unpack reads a frame's JSON.
func unpack(kind byte, body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: a frame %q: %w", errProtocol, kind, err)
	}
	return nil
}
