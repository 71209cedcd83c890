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
	Status   string `help:"Only of this status."`
	Type     string `help:"Only of this content type."`
	WorkerID string `name:"worker-id" help:"Only of this worker."`
	Limit    int    `default:"50" help:"How many."`
	Cursor   string `help:"Where the page before ended."`
}

func (c *jobsListCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	page, err := api.Jobs(ctx, client.JobFilter{
		Status: c.Status, ContentType: c.Type, WorkerID: c.WorkerID, List: client.List{Limit: c.Limit, Cursor: c.Cursor},
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, page)
	}
	rows := [][]string{{"JOB", "STATUS", "TYPE", "ATTEMPT", "WORKER", "CREATED", "ERROR"}}
	for _, j := range page.Jobs {
		rows = append(rows, []string{j.ID, j.Status, j.ContentType, strconv.Itoa(j.Attempt), orDash(j.WorkerID), when(j.CreatedAt), orDash(j.ErrorMessage)})
	}
	return table(std.out, rows)
}

type jobsShowCmd struct {
	server
	ID string `arg:"" help:"Id of the job."`
}

func (c *jobsShowCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	j, err := api.Job(ctx, c.ID)
	if err != nil {
		return err
	}
	return printJSON(std.out, j)
}
