package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"morag/internal/ingest"
	"morag/internal/stack"
	"morag/internal/task"
)

// commentEvery is how often a stream without events sends a comment, so that neither side
// nor what is between them takes the other for gone.
const commentEvery = 15 * time.Second

const eventMedia = "text/event-stream"

// taskEvents tells of a task as it changes: what it is at once, then every change, and the
// end when it is over. Whatever a caller has missed, what it is told first is how things
// are; so Last-Event-ID changes nothing.
func (s *Server) taskEvents(w http.ResponseWriter, r *http.Request, in taskPath) error {
	c := callOf(r)
	changed, stop := s.Ingest.Watch(in.ID)
	defer stop()
	out := &events{w: w, control: http.NewResponseController(w), apart: s.apart, headOnly: r.Method == http.MethodHead}
	return c.follow(r.Context(), out, changed, func() (ingest.View, error) { return s.Ingest.Status(r.Context(), c.scope(), in.ID) })
}

// follow sends what a task is until it has ended, the caller leaves or is not good any
// more, or the server stops. It returns an error while nothing has been sent; what breaks
// off later is begun again by the caller.
func (c *call) follow(ctx context.Context, out *events, changed <-chan struct{}, look func() (ingest.View, error)) error {
	quiet := time.NewTicker(commentEvery)
	defer quiet.Stop()
	for {
		var over bool
		var err error
		// Encoding an answer takes more stack than waiting, and thousands wait.
		if left := out.apart.Run(ctx, func() { over, err = out.sendNow(c, look) }); left != nil {
			return left
		}
		if err != nil && !out.begun {
			return err
		}
		if err != nil || over || !out.wait(ctx, c.caller.Ended(), quiet.C, changed) {
			return nil
		}
	}
}

// maxTelling is how many events are made at a time.
const maxTelling = 64

// events writes server-sent events, each at once.
type events struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	apart    *stack.Apart
	headOnly bool
	begun    bool
	last     [sha256.Size]byte // of the newest, which is not sent twice
}

// sendNow sends what the task is, if that has not been sent, and whether it is over.
func (e *events) sendNow(c *call, look func() (ingest.View, error)) (over bool, err error) {
	now, err := look()
	if err != nil {
		return false, err
	}
	if e.begin(); e.headOnly {
		return true, nil
	}
	status, err := c.task(now, nil)
	if err == nil {
		err = e.send("status", now.Revision, status)
	}
	if err != nil || now.Phase != task.Ended {
		return false, err
	}
	return true, e.send("end", now.Revision, map[string]string{"task_id": now.ID, "status": string(now.Status)})
}

func (e *events) begin() {
	if e.begun {
		return
	}
	e.begun = true
	h := e.w.Header()
	h.Set("Content-Type", eventMedia)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy is not to wait for more
}

// wait sends comments until something has changed; it is false when there is nobody to be
// told any more.
func (e *events) wait(ctx context.Context, ended <-chan struct{}, quiet <-chan time.Time, changed <-chan struct{}) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-ended:
			return false
		case <-quiet:
			if e.write([]byte(":\n\n")) != nil {
				return false
			}
		case _, open := <-changed:
			return open
		}
	}
}

func (e *events) send(name string, id int64, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	next := fmt.Appendf(nil, "event: %s\nid: %d\ndata: %s\n\n", name, id, data)
	sum := sha256.Sum256(next)
	if sum == e.last {
		return nil
	}
	e.last = sum
	return e.write(next)
}

func (e *events) write(p []byte) error {
	if _, err := e.w.Write(p); err != nil {
		return err
	}
	return e.control.Flush()
}
