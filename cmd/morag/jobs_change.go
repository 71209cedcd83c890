package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"morag/internal/client"
	"morag/internal/wire"
)

// printJob says what became of a job.
func (s *server) printJob(std streams, j wire.JobStatus, err error) error {
	if err != nil {
		return err
	}
	if s.JSON {
		return printJSON(std.out, j)
	}
	_, err = fmt.Fprintf(std.out, "job %s is %s\n", j.JobID, j.Status)
	return err
}

type jobsCancelCmd struct {
	server
	many
	ID     string `arg:"" optional:"" help:"Id of the job, or its beginning."`
	Reason string `placeholder:"TEXT" help:"Why, for whoever waits for it."`
}

func (c *jobsCancelCmd) Run(ctx context.Context, std streams) error {
	if many, err := c.chosen("jobs cancel", c.ID); err != nil {
		return err
	} else if many {
		return c.do(ctx, std, &c.server, deed{client.BulkJobs, "cancel", "cancel", "cancelled", "job"})
	}
	api, id, err := c.named(ctx, jobs, c.ID)
	if err != nil {
		return err
	}
	j, err := api.CancelJob(ctx, id, wire.JobChange{Reason: c.Reason})
	return c.printJob(std, j, err)
}

type jobsRetryCmd struct {
	server
	many
	ID string `arg:"" optional:"" help:"Id of the job, or its beginning."`
}

func (c *jobsRetryCmd) Run(ctx context.Context, std streams) error {
	if many, err := c.chosen("jobs retry", c.ID); err != nil {
		return err
	} else if many {
		return c.do(ctx, std, &c.server, deed{client.BulkJobs, "retry", "retry", "tried again", "job"})
	}
	api, id, err := c.named(ctx, jobs, c.ID)
	if err != nil {
		return err
	}
	j, err := api.RetryJob(ctx, id, wire.JobChange{})
	return c.printJob(std, j, err)
}

type jobsReassignCmd struct {
	server
	ID string `arg:"" help:"Id of the job, or its beginning."`
	To string `placeholder:"WORKER" help:"The worker that is to have it (default: any)."`
}

func (c *jobsReassignCmd) Run(ctx context.Context, std streams) error {
	api, id, err := c.named(ctx, jobs, c.ID)
	if err != nil {
		return err
	}
	j, err := api.ReassignJob(ctx, id, wire.JobChange{WorkerID: c.To})
	return c.printJob(std, j, err)
}

type jobsCleanupCmd struct {
	server
	DaysOld int `default:"7" min:"0" max:"36500" help:"Only jobs that have been over for so many days."`
}

func (c *jobsCleanupCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	done, err := api.CleanupJobs(ctx, c.DaysOld)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, done)
	}
	_, err = fmt.Fprintf(std.out, "%d jobs timed out, %d jobs removed\n", done.ExpiredJobs, done.CleanedJobs)
	return err
}

type jobsStatsCmd struct {
	server
}

func (c *jobsStatsCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	raw, err := api.JobStatistics(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, raw)
	}
	var stats wire.JobStatistics
	if err := json.Unmarshal(raw, &stats); err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	rows := [][]string{{"STATUS", "JOBS"}}
	for _, status := range []string{"pending", "processing", "completed", "failed", "timeout", "cancelled"} {
		rows = append(rows, []string{status, strconv.Itoa(stats.StatusCounts[status])})
	}
	if err := table(std.out, rows); err != nil {
		return err
	}
	rows = [][]string{{"TYPE", "PENDING", "OLDEST", "DONE/H", "FAILED/H", "AVERAGE"}}
	types := make([]string, 0, len(stats.Queues))
	for name := range stats.Queues {
		types = append(types, name)
	}
	slices.Sort(types)
	for _, name := range types {
		q := stats.Queues[name]
		rows = append(rows, []string{name, strconv.Itoa(q.Pending), seconds(q.OldestSeconds), strconv.Itoa(q.CompletedLastHour),
			strconv.Itoa(q.FailedLastHour), seconds(stats.AvgProcessingTimes[name])})
	}
	fmt.Fprintln(std.out)
	return table(std.out, rows)
}

func seconds(s float64) string {
	if s == 0 {
		return "-"
	}
	return (time.Duration(s*1000) * time.Millisecond).Round(100 * time.Millisecond).String()
}
