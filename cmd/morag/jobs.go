package main

import (
	"context"
	"strconv"

	"morag/internal/client"
)

type jobsCmd struct {
	List jobsListCmd `cmd:"" help:"List remote jobs, newest first."`
	Show jobsShowCmd `cmd:"" help:"Show one, with its history and result."`

	Cancel   jobsCancelCmd   `cmd:"" help:"Call one off."`
	Retry    jobsRetryCmd    `cmd:"" help:"Have one tried again."`
	Reassign jobsReassignCmd `cmd:"" help:"Give one to another worker."`
	Cleanup  jobsCleanupCmd  `cmd:"" help:"Remove jobs that are over."`
	Stats    jobsStatsCmd    `cmd:"" help:"Show the state of the queue."`
}

type jobsListCmd struct {
	server
	page
	Status   string `type:"status" values:"pending processing completed failed timeout cancelled" placeholder:"STATUS" help:"Only of this status: pending, processing, completed, failed, timeout or cancelled."`
	Type     string `help:"Only of this content type."`
	WorkerID string `name:"worker-id" help:"Only of this worker."`
}

func (c *jobsListCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	found, err := api.Jobs(ctx, client.JobFilter{
		Status: c.Status, ContentType: c.Type, WorkerID: c.WorkerID, List: c.list(),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, found)
	}
	ids := make([]string, len(found.Jobs))
	for i, j := range found.Jobs {
		ids[i] = j.ID
	}
	short := shorten(ids)
	rows := [][]string{{"JOB", "TYPE", "NAME", "STATUS", "ATTEMPT", "WORKER", "CREATED", "ERROR"}}
	for _, j := range found.Jobs {
		rows = append(rows, []string{short(j.ID), j.ContentType, orDash(j.SourceName), j.Status, strconv.Itoa(j.Attempt), orDash(j.WorkerID), when(j.CreatedAt), orDash(j.ErrorMessage)})
	}
	return listed(std, rows, found.NextCursor)
}

type jobsShowCmd struct {
	server
	ID string `arg:"" help:"Id of the job, or its beginning."`
}

func (c *jobsShowCmd) Run(ctx context.Context, std streams) error {
	api, id, err := c.named(ctx, jobs, c.ID)
	if err != nil {
		return err
	}
	j, err := api.Job(ctx, id)
	if err != nil {
		return err
	}
	return printJSON(std.out, j)
}
