package api

import (
	"io"
	"net/http"
	"time"
)

// A caller may be slow but not dead: a minute without a byte, or less than a KiB a
// second on the whole, ends its request. Waiting for an answer is not limited here.
const (
	stallTime = time.Minute
	slowest   = 1 << 10 // bytes a second
)

// limitStall bounds how long the bytes of a request and of its answer may take.
func (s *Server) limitStall(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, *http.Request) {
	control := http.NewResponseController(w)
	// A connection may still have the bound of the request before.
	_ = control.SetWriteDeadline(time.Time{}) // what has no deadlines, like a recorder, needs none
	if r.Body != nil && r.Body != http.NoBody {
		body := &stallBody{ReadCloser: r.Body, control: control, now: s.Now, stall: s.stall, began: s.Now()}
		body.allow() // what nobody reads is read by net/http at the end
		r.Body = body
	}
	return &stallWriter{ResponseWriter: w, control: control, now: s.Now, stall: s.stall}, r
}

// stallBody is a request's body. At its end the bound is lifted, since net/http goes
// on reading the connection to notice that the caller leaves.
type stallBody struct {
	io.ReadCloser
	control *http.ResponseController
	now     func() time.Time
	stall   time.Duration
	began   time.Time
	got     int64
	hasty   bool // it is held in memory while it comes
}

func (b *stallBody) allow() {
	grace, floor := b.stall, int64(slowest)
	if b.hasty {
		grace, floor = min(b.stall, bodyGrace), bodyFloor
	}
	idle, whole := b.now().Add(grace), b.began.Add(grace+time.Duration(b.got/floor)*time.Second)
	if whole.Before(idle) {
		idle = whole
	}
	_ = b.control.SetReadDeadline(idle)
}

func (b *stallBody) Read(p []byte) (int, error) {
	b.allow()
	n, err := b.ReadCloser.Read(p)
	b.got += int64(n)
	if err == io.EOF {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// stallWriter is where the answer goes.
type stallWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	now     func() time.Time
	stall   time.Duration

	hasty bool // what is written is held in memory until it is read
	began time.Time
	sent  int
}

// hasten holds the reader of what comes to the speed of what is held in memory.
func (w *stallWriter) hasten() { w.hasty, w.began, w.sent = true, w.now(), 0 }

// Unwrap lets http.ResponseController find what the writer can do.
func (w *stallWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *stallWriter) Write(p []byte) (int, error) {
	// Twice, since net/http may wait for the rest of the body before it sends.
	late := w.now().Add(2*w.stall + time.Duration(len(p)/slowest)*time.Second)
	if w.hasty {
		w.sent += len(p)
		late = w.began.Add(2*min(w.stall, replyGrace) + time.Duration(w.sent/replyFloor)*time.Second)
	}
	_ = w.control.SetWriteDeadline(late)
	return w.ResponseWriter.Write(p)
}
