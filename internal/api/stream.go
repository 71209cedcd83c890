package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"morag/internal/auth"
	"morag/internal/share"
	"morag/internal/stack"
)

const eventMedia = "text/event-stream"

// commentEvery is how often a stream without events sends a comment, so that neither side
// nor what is between them takes the other for gone.
const commentEvery = 15 * time.Second

// The bounds of streams: how many there are at a time, of which no key has more than it
// leaves free; how many look for their events at a time; and how long a reader may take
// nothing of what it is sent before it is dropped.
const (
	maxStreams = 30_000
	maxTelling = 64
	takeWithin = 30 * time.Second
)

var comment = []byte(":\n\n")

// teller makes the events of one stream. It is asked by one goroutine at a time.
type teller interface {
	// news receives when there may be events. That it is closed means the same, or, if
	// last, that there will be none any more.
	news() (news <-chan struct{}, last bool)
	// next returns the events since the last time, none too, and whether these are the
	// last of all.
	next(ctx context.Context) (events []byte, over bool, err error)
}

// streams are the streams of events that are open. A connection is taken out of net/http,
// which holds three times the memory for one that waits; where that cannot be, as with
// HTTP/2, the stream stays in its handler.
type streams struct {
	places *share.Places
	apart  *stack.Apart // encoding an answer takes more stack than waiting, and thousands wait
	now    func() time.Time
	log    *slog.Logger
	// refuse answers a request of which nothing can be told.
	refuse func(w http.ResponseWriter, r *http.Request, err error)

	ctx     context.Context // ends with stop
	end     context.CancelFunc
	mu      sync.Mutex // guards what follows
	stopped bool
	running sync.WaitGroup // of those out of net/http
}

func newStreams(n int, now func() time.Time, log *slog.Logger) *streams {
	s := &streams{now: now, places: share.NewPlaces(share.Config{Places: n, Spare: true}), apart: stack.New(maxTelling), log: log}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// Run looks at what changes, for the streams of events, until ctx ends.
func (s *Server) Run(ctx context.Context) { s.feed.Run(ctx) }

// Stop ends all streams of events and lets none begin, and returns when they have ended or
// ctx has.
func (s *Server) Stop(ctx context.Context) { s.streams.stop(ctx) }

func (s *streams) stop(ctx context.Context) {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.end()
	gone := make(chan struct{})
	go func() {
		s.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	}
}

// enter notes a stream that is out of net/http; it is false when the server stops.
func (s *streams) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		s.running.Add(1)
	}
	return !s.stopped
}

// serve tells the caller until there is no more to tell, it leaves or is not good any more,
// or the server stops; then it calls stop. It returns an error while nothing has been sent:
// what breaks off later is begun again by the caller.
func (s *streams) serve(w http.ResponseWriter, r *http.Request, t teller, stop func()) error {
	caller := callerOf(r)
	free, err := s.place(caller.Name)
	if err != nil {
		stop()
		return err
	}
	done := func() {
		stop()
		free()
	}
	begin(w.Header())
	out := &telling{teller: t, ended: caller.Ended(), apart: s.apart, log: s.log, remote: r.RemoteAddr}
	if conn := s.takeOver(w, r); conn != nil {
		protect(w.Header())
		answer := &rawAnswer{conn: conn, now: s.now, header: w.Header().Clone()}
		go s.alone(out, answer, caller, &http.Request{Method: r.Method, URL: r.URL}, done)
		return nil
	}
	defer done()
	ctx, leave := context.WithCancel(r.Context())
	defer leave()
	defer context.AfterFunc(s.ctx, leave)()
	out.to = &within{w, http.NewResponseController(w), r.Method == http.MethodHead}
	return out.run(ctx)
}

// alone serves a stream whose connection is out of net/http.
func (s *streams) alone(out *telling, answer *rawAnswer, caller auth.Caller, r *http.Request, done func()) {
	defer s.running.Done()
	defer done()
	defer answer.conn.Close()
	defer out.survive()
	out.to = answer
	err := out.run(s.ctx)
	if err != nil {
		_ = s.apart.Run(s.ctx, func() { s.refuse(answer, r, cmp.Or(caller.Over(), err)) }) // or the server stops
	}
}

var errManyStreams = &Problem{
	Status: http.StatusServiceUnavailable, Detail: "too many streams of events are open with this key: close one", RetryAfter: retryLater,
}

// place takes a place for a stream of the caller's, at once: 503 when it has as many as it
// may.
func (s *streams) place(caller string) (free func(), err error) {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	if free, err = s.places.Take(now, caller); err != nil {
		return nil, errManyStreams
	}
	return free, nil
}

// takeOver takes the connection out of net/http, nil when it cannot.
func (s *streams) takeOver(w http.ResponseWriter, r *http.Request) net.Conn {
	if r.Method == http.MethodHead || !s.enter() {
		return nil
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.running.Done()
		return nil
	}
	return conn
}

// begin sets the headers of a stream.
func begin(h http.Header) {
	h.Set("Content-Type", eventMedia)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy is not to wait for more
}

// sink is where the events of a stream go, each at once. What comes first begins the answer.
type sink interface{ send(p []byte) error }

// telling is one stream and where it goes.
type telling struct {
	teller teller
	ended  <-chan struct{} // closed when the caller is not good any more
	apart  *stack.Apart
	log    *slog.Logger
	remote string
	to     sink
}

// run tells all there is to tell. It returns an error while nothing was sent.
func (s *telling) run(ctx context.Context) error {
	quiet := time.NewTicker(commentEvery)
	defer quiet.Stop()
	for begun := false; ; begun = true {
		over, err := s.tell(ctx)
		if err != nil && !begun && ctx.Err() == nil {
			return err
		}
		if err != nil || over || !s.wait(ctx, quiet.C) {
			return nil
		}
	}
}

// tell sends the events since the last time, and whether they were the last of all.
func (s *telling) tell(ctx context.Context) (over bool, err error) {
	var events []byte
	if left := s.apart.Run(ctx, func() { events, over, err = s.teller.next(ctx) }); left != nil {
		return false, left
	}
	if err == nil && len(events) > 0 && s.send(events) != nil {
		return true, nil // the reader has left
	}
	return over, err
}

// send sends p at once, to a reader that takes it in time.
func (s *telling) send(p []byte) error {
	err := s.to.send(p)
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		s.log.Info("a stream of events was dropped: its reader takes nothing", "remote", s.remote, "after", takeWithin)
	}
	return err
}

// survive keeps a panic, which ends this stream, from ending the process.
func (s *telling) survive() {
	if p := recover(); p != nil {
		s.log.Error("a stream of events failed", "remote", s.remote, "err", fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
	}
}

// wait sends comments until there may be news; it is false when there is nobody to be told
// any more.
func (s *telling) wait(ctx context.Context, quiet <-chan time.Time) bool {
	news, last := s.teller.news()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-s.ended:
			return false
		case <-quiet:
			if s.send(comment) != nil {
				return false
			}
		case _, open := <-news:
			return open || !last
		}
	}
}

// within is the answer of a handler that waits.
type within struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	headOnly bool
}

func (o *within) send(p []byte) error {
	if o.headOnly {
		o.w.WriteHeader(http.StatusOK)
		return io.EOF
	}
	if _, err := o.w.Write(p); err != nil {
		return err
	}
	return o.control.Flush()
}

// rawAnswer is an answer on a connection that is out of net/http, with which it ends.
type rawAnswer struct {
	conn   net.Conn
	now    func() time.Time
	header http.Header // nil once it was sent
}

// Header implements [http.ResponseWriter].
func (a *rawAnswer) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *rawAnswer) WriteHeader(status int) { _, _ = a.conn.Write(a.head(status)) }

// Write implements [http.ResponseWriter].
func (a *rawAnswer) Write(p []byte) (int, error) { return len(p), a.send(p) }

func (a *rawAnswer) send(p []byte) error {
	_ = a.conn.SetWriteDeadline(a.now().Add(takeWithin))
	if a.header != nil {
		p = append(a.head(http.StatusOK), p...)
	}
	_, err := a.conn.Write(p)
	return err
}

// head is the beginning of the answer.
func (a *rawAnswer) head(status int) []byte {
	if a.header == nil {
		return nil
	}
	_ = a.conn.SetWriteDeadline(a.now().Add(takeWithin))
	a.header.Set("Date", a.now().UTC().Format(http.TimeFormat))
	a.header.Set("Connection", "close")
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	_ = a.header.Write(&b) // to memory
	b.WriteString("\r\n")
	a.header = nil
	return b.Bytes()
}
