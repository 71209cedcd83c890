package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"morag/internal/client"
	"morag/internal/wire"
)

type tasksCmd struct {
	List      tasksListCmd      `cmd:"" help:"List ingestions, newest first."`
	Show      tasksShowCmd      `cmd:"" help:"Show one, with what became of its webhook."`
	Cancel    tasksCancelCmd    `cmd:"" help:"Call one off."`
	Retry     tasksRetryCmd     `cmd:"" help:"Run one that failed once more."`
	Redeliver tasksRedeliverCmd `cmd:"" help:"Tell the webhook of one that has ended once more."`
}

type tasksListCmd struct {
	server
	page
	Status string `type:"status" values:"PENDING PROGRESS SUCCESS FAILURE REVOKED" placeholder:"STATUS" help:"Only of this status: PENDING, PROGRESS, SUCCESS, FAILURE or REVOKED."`
}

func (c *tasksListCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	found, err := api.Tasks(ctx, client.TaskFilter{Status: c.Status, List: c.list()})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, found)
	}
	var ids []string
	for _, t := range found.Tasks {
		ids = append(ids, t.TaskID, orDash(t.DocumentID))
	}
	short := shorten(ids)
	rows := [][]string{{"TASK", "TYPE", "NAME", "STATUS", "STAGE", "PROGRESS", "CREATED", "DOCUMENT", "MESSAGE"}}
	for _, t := range found.Tasks {
		name := orDash(t.SourceName)
		if n := t.Items; n != nil {
			name = fmt.Sprintf("%d items, %d failed", n.Total, n.Failed)
		}
		rows = append(rows, []string{short(t.TaskID), t.ContentType, name, t.Status, stageOf(t), fmt.Sprintf("%.0f%%", t.Progress*100),
			when(t.CreatedAt), short(orDash(t.DocumentID)), messageOf(t)})
	}
	return listed(std, rows, found.NextCursor)
}

// stages are what the command line calls the stages of the API.
var stages = map[string]string{
	"initializing": "beginning", "creating_remote_job": "asking for a worker", "waiting_for_remote_completion": "with the workers",
	"local_processing": "converting", "storing": "storing", "completed": "done",
}

// stageOf is what is done with a task, or was done last.
func stageOf(t wire.Task) string {
	if t.Status == "PENDING" {
		return "waiting its turn"
	}
	return cmp.Or(stages[t.Stage], t.Stage)
}

// doing says what is done with a task, by its message if it has one.
func doing(t wire.Task) string {
	switch {
	case t.Message == nil || *t.Message == "" || strings.EqualFold(*t.Message, stageOf(t)):
		return stageOf(t)
	case t.Stage == "waiting_for_remote_completion" && t.Status == "PROGRESS":
		return *t.Message // which says whom it waits for, or what a worker does
	}
	return stageOf(t) + ": " + *t.Message
}

// messageOf says why a task is where it is.
func messageOf(t wire.Task) string {
	if t.Status == "SUCCESS" && t.DuplicateOf != nil {
		return "the same content was there already"
	}
	return orDash(cmp.Or(t.Error, t.Message))
}

type tasksShowCmd struct {
	server
	ID string `arg:"" help:"Id of the task, or its beginning."`
}

func (c *tasksShowCmd) Run(ctx context.Context, std streams) error {
	api, id, err := c.named(ctx, tasks, c.ID)
	if err != nil {
		return err
	}
	t, err := api.Task(ctx, id)
	if err != nil {
		return err
	}
	return printJSON(std.out, t)
}

type tasksCancelCmd struct {
	server
	many
	ID string `arg:"" optional:"" help:"Id of the task, or its beginning."`
}

func (c *tasksCancelCmd) Run(ctx context.Context, std streams) error {
	if many, err := c.chosen("tasks cancel", c.ID); err != nil {
		return err
	} else if many {
		return c.do(ctx, std, &c.server, deed{client.BulkTasks, "cancel", "call off", "called off", "task"})
	}
	api, id, err := c.named(ctx, tasks, c.ID)
	if err != nil {
		return err
	}
	if err := api.CancelTask(ctx, id); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "task %s is called off\n", id)
	return err
}

type tasksRetryCmd struct {
	server
	many
	ID string `arg:"" optional:"" help:"Id of the task, or its beginning."`
}

func (c *tasksRetryCmd) Run(ctx context.Context, std streams) error {
	if many, err := c.chosen("tasks retry", c.ID); err != nil {
		return err
	} else if many {
		return c.do(ctx, std, &c.server, deed{client.BulkTasks, "retry", "retry", "tried again", "task"})
	}
	api, id, err := c.named(ctx, tasks, c.ID)
	if err != nil {
		return err
	}
	if err := api.RetryTask(ctx, id); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "task %s runs once more\n", id)
	return err
}

type tasksRedeliverCmd struct {
	server
	ID string `arg:"" help:"Id of the task, or its beginning."`
}

func (c *tasksRedeliverCmd) Run(ctx context.Context, std streams) error {
	api, id, err := c.named(ctx, tasks, c.ID)
	if err != nil {
		return err
	}
	if err := api.RedeliverTask(ctx, id); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "the webhook of task %s is told once more\n", id)
	return err
}
