package client

import (
	"context"
	"io"
	"sync"
	"time"
)

// watchdog cancels a call when nothing has moved for too long.
type watchdog struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer
	idle   time.Duration // between two pieces of a body
	answer time.Duration // from the request's end to the answer's begin

	mu       sync.Mutex
	answered bool // mu guards it: the request's body counts no more
}

// watch starts with the wait for the answer, as if nothing were to be sent.
func watch(ctx context.Context, idle, answer time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watchdog{cancel: cancel, idle: idle, answer: answer}
	w.timer = time.AfterFunc(answer, func() { cancel(ErrStalled) })
	return ctx, w
}

// allow gives the request, whose body has just moved or ended, that long.
func (w *watchdog) allow(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.answered {
		w.timer.Reset(d)
	}
}

// headers says that the answer has begun: from here only a read of it is timed, so
// that a slow reader is not taken for a silent server.
func (w *watchdog) headers() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered = true
	w.timer.Stop()
}

// end releases the call.
func (w *watchdog) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered = true
	w.timer.Stop()
	w.cancel(context.Canceled)
}

// outgoing is a request's body that reports that it moves.
type outgoing struct {
	io.Reader
	watchdog *watchdog
}

func (o *outgoing) Read(p []byte) (int, error) {
	o.watchdog.allow(o.watchdog.idle)
	n, err := o.Reader.Read(p)
	if err == io.EOF {
		o.watchdog.allow(o.watchdog.answer)
	}
	return n, err
}

// incoming is an answer's body that may not go silent.
type incoming struct {
	body     io.ReadCloser
	watchdog *watchdog
	ctx      context.Context // the call's, to tell who ended it
	call     string
}

func (in *incoming) Read(p []byte) (int, error) {
	in.watchdog.timer.Reset(in.watchdog.idle)
	n, err := in.body.Read(p)
	in.watchdog.timer.Stop()
	if err != nil && err != io.EOF {
		err = failure(in.ctx, in.call, err)
	}
	return n, err
}

// Close ends the call and frees its connection, which is used again only if the
// answer was read to its end.
func (in *incoming) Close() error {
	err := in.body.Close()
	in.watchdog.end()
	return err
}
