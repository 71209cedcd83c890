package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"morag/internal/backoff"
	"morag/internal/wire"
)

// List asks for one page. The zero value is the server's first.
type List struct {
	Limit  int    // at most 1000; 0: the server's choice
	Cursor string // next_cursor of the page before
	Prefix string // that the ids begin with; servers before it ignore it
}

func (l List) query() url.Values {
	q := url.Values{}
	if l.Limit > 0 {
		q.Set("limit", strconv.Itoa(l.Limit))
	}
	set(q, "cursor", l.Cursor)
	set(q, "id_prefix", l.Prefix)
	return q
}

func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// Task returns what became of an ingestion.
func (c *Client) Task(ctx context.Context, id string) (wire.Task, error) {
	return ask[wire.Task](ctx, c, about(http.MethodGet, "/api/v1/status/", id, ""))
}

// TaskFilter says which tasks are listed.
type TaskFilter struct {
	Status string // "" for any
	List
}

// Tasks lists tasks, newest first.
func (c *Client) Tasks(ctx context.Context, f TaskFilter) (wire.Tasks, error) {
	q := f.query()
	set(q, "status", f.Status)
	return ask[wire.Tasks](ctx, c, get("/api/v1/tasks", q))
}

// ActiveTasks lists the ids of the tasks that have not ended.
func (c *Client) ActiveTasks(ctx context.Context) (wire.ActiveTasks, error) {
	return ask[wire.ActiveTasks](ctx, c, get("/api/v1/status", nil))
}

// QueueStats counts tasks by state.
func (c *Client) QueueStats(ctx context.Context) (wire.QueueStats, error) {
	return ask[wire.QueueStats](ctx, c, get("/api/v1/status/stats/queues", nil))
}

// CancelTask revokes a task. It may be repeated: revoked again is a success.
func (c *Client) CancelTask(ctx context.Context, id string) error {
	return c.do(ctx, about(http.MethodDelete, "/api/v1/ingest/", id, ""), nil)
}

// RetryTask runs a task that ended FAILURE once more.
func (c *Client) RetryTask(ctx context.Context, id string) error {
	return c.do(ctx, about(http.MethodPost, "/api/v1/tasks/", id, "/retry").only(), nil)
}

// RedeliverTask sends a task's webhook once more.
func (c *Client) RedeliverTask(ctx context.Context, id string) error {
	return c.do(ctx, about(http.MethodPost, "/api/v1/tasks/", id, "/redeliver").only(), nil)
}

// Ended tells whether a task's status is one that does not change by itself.
func Ended(status string) bool {
	return status == "SUCCESS" || status == "FAILURE" || status == "REVOKED"
}

// The pace of WaitTask: prompt for what is quick, and no more than a request every
// few seconds for what takes an hour.
const (
	waitFirst = 200 * time.Millisecond
	waitMost  = 3 * time.Second
	// waitOutage is how long a server may be away, for a restart say, before waiting
	// for its tasks is given up.
	waitOutage = 2 * time.Minute
)

// WaitTask waits for a task until it has ended, whichever way, and returns it: it asks for
// it, and listens to its events where the server has such. changed,
// which may be nil, is called with every answer that differs in status, stage,
// progress or message from the one before, the last included. It survives a restart
// of the server of up to two minutes; it ends with ctx.
func (c *Client) WaitTask(ctx context.Context, id string, changed func(wire.Task)) (wire.Task, error) {
	wait, lost := waitFirst, time.Time{}
	var seen *wire.Task
	see := func(task wire.Task) {
		if seen == nil || moved(*seen, task) {
			seen, wait = &task, waitFirst
			if changed != nil {
				changed(task)
			}
		}
	}
	streams := true
	for {
		task, err := c.Task(ctx, id)
		switch {
		case err == nil:
			lost = time.Time{}
			if see(task); Ended(task.Status) {
				return task, nil
			}
			if streams {
				// It ends with the task or with the server, or is broken off: what is so is asked.
				err := c.follow(ctx, id, see)
				streams = err == nil || IsTemporary(err)
			}
			if seen != nil && Ended(seen.Status) {
				return *seen, nil
			}
		case !IsTemporary(err):
			return task, err
		case lost.IsZero():
			lost = time.Now()
		case time.Since(lost) > waitOutage:
			return task, err
		}
		if backoff.Sleep(ctx, max(wait, RetryAfter(err))) != nil {
			return task, context.Cause(ctx)
		}
		wait = min(wait*3/2, waitMost)
	}
}

func moved(a, b wire.Task) bool {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return a.Status != b.Status || a.Stage != b.Stage || a.Progress != b.Progress || text(a.Message) != text(b.Message)
}
