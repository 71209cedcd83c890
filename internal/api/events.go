package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"morag/internal/ingest"
	"morag/internal/task"
)

// commentEvery is how often a stream without events sends a comment, so that neither side
// nor what is between them takes the other for gone.
const commentEvery = 15 * time.Second

// taskEvents tells of a task as it changes: what it is at once, then every change, and the
// end when it is over. Whatever a caller has missed, what it is told first is how things
// are; so Last-Event-ID changes nothing.
func (s *Server) taskEvents(w http.ResponseWriter, r *http.Request, in taskPath) error {
	c := callOf(r)
	changed, stop := s.Ingest.Watch(in.ID)
	defer stop()
	look := func() (ingest.View, error) { return s.Ingest.Status(r.Context(), c.scope(), in.ID) }
	first, err := look()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", eventMedia)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy is not to wait for more
	if r.Method == http.MethodHead {
		return nil
	}
	out := &events{w: w, control: http.NewResponseController(w)}
	// What breaks off is begun again by the caller.
	_ = c.follow(r.Context(), out, first, look, changed)
	return nil
}

const eventMedia = "text/event-stream"

// follow sends what a task is until it has ended, the caller leaves or is not good any
// more, or the server stops.
func (c *call) follow(ctx context.Context, out *events, now ingest.View, look func() (ingest.View, error), changed <-chan struct{}) error {
	quiet := time.NewTicker(commentEvery)
	defer quiet.Stop()
	for {
		status, err := c.task(now, nil)
		if err == nil {
			err = out.send("status", now.Revision, status)
		}
		if err != nil {
			return err
		}
		if now.Phase == task.Ended {
			return out.send("end", now.Revision, map[string]string{"task_id": now.ID, "status": string(now.Status)})
		}
		for told := false; !told; {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-c.caller.Ended():
				return c.caller.Over()
			case <-quiet.C:
				if err := out.comment(); err != nil {
					return err
				}
			case _, open := <-changed:
				if told = open; !open {
					return nil
				}
			}
		}
		if now, err = look(); err != nil {
			return err
		}
	}
}

// events writes server-sent events, each at once.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
	last    []byte // the newest, which is not sent twice
}

func (e *events) send(name string, id int64, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	next := fmt.Appendf(nil, "event: %s\nid: %d\ndata: %s\n\n", name, id, data)
	if bytes.Equal(next, e.last) {
		return nil
	}
	e.last = next
	return e.write(next)
}

func (e *events) comment() error { return e.write([]byte(":\n\n")) }

func (e *events) write(p []byte) error {
	if _, err := e.w.Write(p); err != nil {
		return err
	}
	return e.control.Flush()
}
