package api

import (
	"cmp"
	"context"
	"encoding/json"

	"morag/internal/ingest"
	"morag/internal/part"
	"morag/internal/remote"
	"morag/internal/task"
	"morag/internal/wire"
)

// taskPath is a path that names a task.
type taskPath struct {
	ID string `path:"id" doc:"the task's id"`
}

func (s *Server) taskStatus(ctx context.Context, c *call, in taskPath) (wire.Task, error) {
	return c.task(s.Ingest.Status(ctx, c.scope(), in.ID))
}

func (s *Server) revoke(ctx context.Context, c *call, in taskPath) (wire.Task, error) {
	return c.task(s.Ingest.Revoke(ctx, c.scope(), in.ID))
}

func (s *Server) retryTask(ctx context.Context, c *call, in taskPath) (wire.Task, error) {
	return c.task(s.Ingest.Retry(ctx, c.scope(), in.ID))
}

// redeliver has a task's webhook told of its end once more.
func (s *Server) redeliver(ctx context.Context, c *call, in taskPath) (out wire.Task, err error) {
	if _, err = s.Webhooks.Redeliver(ctx, c.scope(), in.ID); err != nil {
		return out, err
	}
	return s.taskStatus(ctx, c, in)
}

// task makes an answer of a task. It shows who sees everybody's also whose it is.
func (c *call) task(v ingest.View, err error) (wire.Task, error) {
	if err != nil {
		return wire.Task{}, err
	}
	out := taskOf(v)
	if c.caller.All {
		out.Owner = v.Owner
	}
	return out, nil
}

func taskOf(v ingest.View) wire.Task {
	out := wire.Task{
		TaskID: v.ID, SourceName: wire.Text(v.Source.Name), Origin: wire.Text(cmp.Or(v.Options.Origin, v.Source.URL)), ContentType: v.Source.ContentType, Status: string(v.Status), Stage: string(v.Stage), Progress: v.Progress, Message: wire.Text(v.Message),
		Result: v.Result, Error: wire.Text(v.Error), Warnings: v.Warnings, DocumentID: wire.Text(v.DocumentID), DuplicateOf: wire.Text(v.DuplicateOf), Items: v.Items,
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
	for i, p := range v.Parts {
		out.Parts = append(out.Parts, partOf(i, p, v.Plan()))
	}
	out.Webhook = webhookOf(v.Task)
	if v.Remaining > 0 {
		seconds := v.Remaining.Seconds()
		out.EstimatedTimeRemaining = &seconds
	}
	return out
}

// partOf is a part of a task that is converted in parts.
func partOf(i int, p remote.Part, plan *part.Plan) wire.TaskPart {
	out := wire.TaskPart{
		Index: i, JobID: p.JobID, Status: string(p.Status), Start: plan.Start(p.Part), End: plan.Place(p.To),
		WorkerID: wire.Text(p.WorkerID), Progress: p.Progress, Error: wire.Text(cmp.Or(p.Failed, p.GaveUp)),
	}
	switch {
	case p.Done():
		out.ProcessingMethod = wire.Text("remote")
	case p.Kept != "":
		out.ProcessingMethod = wire.Text("local")
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

type taskFilter struct {
	page
	beginning
	Status string `query:"status" enum:"PENDING PROGRESS SUCCESS FAILURE REVOKED" doc:"only tasks of this status"`
}

func (s *Server) listTasks(ctx context.Context, c *call, in taskFilter) (out wire.Tasks, err error) {
	f := task.Filter{Prefix: in.IDPrefix, Limit: in.Limit, Cursor: in.Cursor}
	if in.Status != "" {
		f.Status = []task.Status{task.Status(in.Status)}
	}
	views, next, err := s.Ingest.List(ctx, c.scope(), f)
	if err != nil {
		return out, err
	}
	out = wire.Tasks{Tasks: make([]wire.Task, len(views)), NextCursor: wire.Text(next)}
	for i, v := range views {
		out.Tasks[i], _ = c.task(v, nil)
	}
	return out, nil
}

// activeTasks lists the ids of all tasks that are not over.
func (s *Server) activeTasks(ctx context.Context, c *call, _ none) (wire.ActiveTasks, error) {
	out := wire.ActiveTasks{ActiveTasks: []string{}}
	for cursor := ""; ; {
		views, next, err := s.Ingest.List(ctx, c.scope(), task.Filter{
			Status: []task.Status{task.Pending, task.Progress}, Limit: maxList, Cursor: cursor,
		})
		if err != nil {
			return out, err
		}
		for _, v := range views {
			out.ActiveTasks = append(out.ActiveTasks, v.ID)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	out.Count = len(out.ActiveTasks)
	return out, nil
}

func (s *Server) queueStats(ctx context.Context, c *call, _ none) (out wire.QueueStats, err error) {
	n, err := s.Ingest.Count(ctx, c.scope())
	if err != nil {
		return out, err
	}
	return wire.QueueStats{
		Pending: n[task.Pending], Active: n[task.Progress], Completed: n[task.Success], Failed: n[task.Failure],
	}, nil
}
