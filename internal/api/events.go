package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"

	"morag/internal/ingest"
	"morag/internal/task"
)

// taskEvents tells of a task as it changes: what it is at once, then every change, and the
// end when it is over. Whatever a caller has missed, what it is told first is how things
// are; so Last-Event-ID changes nothing.
func (s *Server) taskEvents(w http.ResponseWriter, r *http.Request, in taskPath) error {
	c := callOf(r)
	changed, stop := s.Ingest.Watch(in.ID)
	scope := c.scope()
	told := &taskTeller{all: c.caller.All, changed: changed, look: func(ctx context.Context) (ingest.View, error) {
		return s.Ingest.Status(ctx, scope, in.ID)
	}}
	return s.streams.serve(w, r, told, stop)
}

// taskTeller makes the events of one task.
type taskTeller struct {
	look    func(ctx context.Context) (ingest.View, error)
	all     bool // whoever is told sees everybody's tasks
	changed <-chan struct{}
	last    [sha256.Size]byte // of the newest event, which is not told twice
}

func (t *taskTeller) news() (<-chan struct{}, bool) { return t.changed, true }

// next returns what the task is, if that has not been told, and whether it is over.
func (t *taskTeller) next(ctx context.Context) (events []byte, over bool, err error) {
	now, err := t.look(ctx)
	if err != nil {
		return nil, false, err
	}
	shown := taskOf(now)
	if t.all {
		shown.Owner = now.Owner
	}
	if events, err = encodeEvent("status", fmt.Sprint(now.Revision), shown); err != nil {
		return nil, false, err
	}
	if sum := sha256.Sum256(events); sum == t.last {
		events = nil
	} else {
		t.last = sum
	}
	if now.Phase != task.Ended {
		return events, false, nil
	}
	end, err := encodeEvent("end", fmt.Sprint(now.Revision), map[string]string{"task_id": now.ID, "status": string(now.Status)})
	return append(events, end...), true, err
}

// encodeEvent is one server-sent event.
func encodeEvent(name, id string, v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "event: %s\nid: %s\ndata: %s\n\n", name, id, data), nil
}
