package proc

import (
	"bytes"
	"strings"
	"sync"
)

// maxLine bounds the memory of one streamed line.
const maxLine = 1 << 20

// output takes what a program prints: captured, or handed on line by line, up to a limit.
// Only the goroutine that copies from the pipe writes to it; finish is called after
// that goroutine has ended or been abandoned, hence the lock.
type output struct {
	mu       sync.Mutex
	closed   bool
	left     int64
	line     func([]byte)
	captured bytes.Buffer // the whole output, or the unfinished line
	overflow func()
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0, ErrOutput
	}
	taken := p
	if int64(len(p)) > o.left {
		taken = p[:o.left]
	}
	o.left -= int64(len(taken))
	o.take(taken)
	if len(taken) < len(p) {
		o.overflow()
		return len(taken), ErrOutput
	}
	return len(p), nil
}

func (o *output) take(p []byte) {
	if o.line == nil {
		o.captured.Write(p)
		return
	}
	for len(p) > 0 {
		head, rest, whole := bytes.Cut(p, []byte{'\n'})
		if room := maxLine - o.captured.Len(); len(head) >= room {
			head, rest, whole = p[:room], p[room:], true
		}
		o.captured.Write(head)
		p = rest
		if whole {
			o.emit()
		}
	}
}

func (o *output) emit() {
	o.line(bytes.TrimSuffix(o.captured.Bytes(), []byte{'\r'}))
	o.captured.Reset()
}

// finish hands on a last line that has no end.
func (o *output) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if o.line != nil && o.captured.Len() > 0 {
		o.emit()
	}
}

// Tail keeps the last bytes written to it. It is safe for concurrent use.
type Tail struct {
	Max int // how many are kept

	mu  sync.Mutex
	buf []byte
}

// Write implements io.Writer. It never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p[max(0, len(p)-t.Max):]...)
	if extra := len(t.buf) - t.Max; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(p), nil
}

// String is what was kept, as UTF-8.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(string(t.buf), "\uFFFD")
}
