package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"morag/internal/wire"
)

type workersCmd struct {
	List   workersListCmd   `cmd:"" help:"List workers, the one seen last first."`
	Drain  workersDrainCmd  `cmd:"" help:"Give a worker no more jobs."`
	Resume workersResumeCmd `cmd:"" help:"Give it jobs again."`
}

type workersListCmd struct {
	server
	page
}

func (c *workersListCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	found, err := api.Workers(ctx, c.list())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, found)
	}
	rows := [][]string{{"WORKER", "TYPES", "LAST SEEN", "IN HAND", "DONE", "FAILED", "STATE"}}
	now := time.Now()
	for _, w := range found.Workers {
		rows = append(rows, []string{w.WorkerID, strings.Join(w.ContentTypes, ","), when(w.LastSeen), held(w.InHand),
			strconv.Itoa(w.Done), strconv.Itoa(w.Failed), stateOf(w, now)})
	}
	return listed(std, rows, found.NextCursor)
}

// heldShown is how many of a worker's jobs are named.
const heldShown = 3

// held names the jobs that a worker has in hand.
func held(jobs []string) string {
	if len(jobs) == 0 {
		return "-"
	}
	short, names := shorten(jobs), []string{}
	for _, id := range jobs[:min(len(jobs), heldShown)] {
		names = append(names, short(id))
	}
	if more := len(jobs) - heldShown; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, " ")
}

// silence is how long a worker that holds nothing may not have been heard of before it is
// lost. Polls wait a minute at most.
const silence = 5 * time.Minute

// stateOf says in a word what a worker does.
func stateOf(w wire.Worker, now time.Time) string {
	switch {
	case w.Revoked:
		return "lost, its key is revoked"
	case w.Drained && len(w.InHand) > 0:
		return "draining"
	case w.Drained:
		return "drained"
	case w.SetAside != nil:
		return "set aside until " + when(w.SetAside)
	case len(w.InHand) > 0:
		return "working"
	case w.LastSeen != nil && now.Sub(*w.LastSeen) > silence:
		return "lost"
	}
	return "idle"
}

type workersDrainCmd struct {
	server
	ID string `arg:"" help:"Id of the worker."`
}

func (c *workersDrainCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	if err := api.DrainWorker(ctx, c.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "worker %s gets no more jobs\n", c.ID)
	return err
}

type workersResumeCmd struct {
	server
	ID string `arg:"" help:"Id of the worker."`
}

func (c *workersResumeCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	if err := api.ResumeWorker(ctx, c.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "worker %s gets jobs again\n", c.ID)
	return err
}
