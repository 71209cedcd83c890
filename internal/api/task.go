package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"morag/internal/ingest"
	"morag/internal/task"
	"morag/internal/wire"
)

func (s *Server) taskStatus(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Ingest.Status(r.Context(), scopeOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, taskFor(r, v))
}

// taskFor shows who sees everybody's tasks also whose this is.
func taskFor(r *http.Request, v ingest.View) wire.Task {
	out := taskOf(v)
	if callerOf(r).All {
		out.Owner = v.Owner
	}
	return out
}

func taskOf(v ingest.View) wire.Task {
	out := wire.Task{
		TaskID: v.ID, Status: string(v.Status), Stage: string(v.Stage), Progress: v.Progress, Message: wire.Text(v.Message),
		Result: v.Result, Error: wire.Text(v.Error), Warnings: v.Warnings, DocumentID: wire.Text(v.DocumentID),
		CreatedAt: wire.At(v.CreatedAt), StartedAt: wire.At(v.StartedAt), CompletedAt: wire.At(v.CompletedAt),
	}
	if out.Result == nil {
		out.Result = json.RawMessage("null")
	}
	if out.Warnings == nil {
		out.Warnings = []string{}
	}
	if v.Remote != nil {
		out.RemoteJobID = wire.Text(v.Remote.JobID)
	}
	out.Webhook = webhookOf(v.Task)
	if v.Remaining > 0 {
		seconds := v.Remaining.Seconds()
		out.EstimatedTimeRemaining = &seconds
	}
	return out
}

// webhookOf is what became of a task's newest notice, nil without a webhook.
func webhookOf(t *task.Task) *wire.Webhook {
	if t.Options.Webhook == nil {
		return nil
	}
	out := &wire.Webhook{URL: t.Options.Webhook.Shown(), Tries: []wire.WebhookTry{}}
	n := t.Newest()
	if n == nil {
		return out
	}
	out.DeliveredAt, out.NextTryAt = wire.At(n.DeliveredAt), wire.At(n.NextAt)
	for _, try := range n.Tries {
		x := wire.WebhookTry{At: wire.At(try.At), Error: wire.Text(try.Error)}
		if try.Status != 0 {
			x.Status = &try.Status
		}
		out.Tries = append(out.Tries, x)
	}
	return out
}

// redeliver has a task's webhook told of its end once more.
func (s *Server) redeliver(w http.ResponseWriter, r *http.Request) error {
	_, err := s.Webhooks.Redeliver(r.Context(), scopeOf(r), r.PathValue("id"))
	if errors.Is(err, task.ErrConflict) {
		return problem(http.StatusConflict, "the task has not ended: its webhook is told when it does")
	}
	if err != nil {
		return err
	}
	return s.taskStatus(w, r)
}

var statuses = []task.Status{task.Pending, task.Progress, task.Success, task.Failure, task.Revoked}

func (s *Server) listTasks(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r)
	if err != nil {
		return err
	}
	f := task.Filter{Limit: n, Cursor: r.URL.Query().Get("cursor")}
	if want := r.URL.Query().Get("status"); want != "" {
		status := task.Status(strings.ToUpper(want))
		if !slices.Contains(statuses, status) {
			return invalid("status must be one of %v", statuses)
		}
		f.Status = []task.Status{status}
	}
	views, next, err := s.Ingest.List(r.Context(), scopeOf(r), f)
	if err != nil {
		return err
	}
	page := wire.Tasks{Tasks: make([]wire.Task, len(views)), NextCursor: wire.Text(next)}
	for i, v := range views {
		page.Tasks[i] = taskFor(r, v)
	}
	return writeJSON(w, http.StatusOK, page)
}

// activeTasks lists the ids of all tasks that are not over.
func (s *Server) activeTasks(w http.ResponseWriter, r *http.Request) error {
	out := wire.ActiveTasks{ActiveTasks: []string{}}
	for cursor := ""; ; {
		views, next, err := s.Ingest.List(r.Context(), scopeOf(r), task.Filter{
			Status: []task.Status{task.Pending, task.Progress}, Limit: maxList, Cursor: cursor,
		})
		if err != nil {
			return err
		}
		for _, v := range views {
			out.ActiveTasks = append(out.ActiveTasks, v.ID)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	out.Count = len(out.ActiveTasks)
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) queueStats(w http.ResponseWriter, r *http.Request) error {
	n, err := s.Ingest.Count(r.Context(), scopeOf(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, wire.QueueStats{
		Pending: n[task.Pending], Active: n[task.Progress], Completed: n[task.Success], Failed: n[task.Failure],
	})
}
