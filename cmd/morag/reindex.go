package main

import (
	"context"
	"fmt"
	"time"

	"morag/internal/backoff"
	"morag/internal/client"
	"morag/internal/wire"
)

type reindexCmd struct {
	server
	Status bool `xor:"what" help:"Only tell how it goes."`
	Stop   bool `xor:"what" help:"Stop it; the vectors that were made go."`
	Wait   bool `help:"Wait until searches use the new vectors."`
}

func (c *reindexCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	call := (*client.Client).StartReindex
	switch {
	case c.Status:
		call = (*client.Client).ReindexStatus
	case c.Stop:
		call = (*client.Client).StopReindex
	}
	status, err := call(api, ctx)
	for err == nil && c.Wait && status.State == "running" {
		if err = backoff.Sleep(ctx, time.Second); err == nil {
			status, err = api.ReindexStatus(ctx)
		}
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, status)
	}
	_, err = fmt.Fprintln(std.out, reindexSentence(status))
	return err
}

func reindexSentence(r wire.Reindex) string {
	switch r.State {
	case "offered":
		return fmt.Sprintf("%d chunks are embedded by %s, the settings name %s: morag reindex has that embed them", r.Total, r.Searched, r.Model)
	case "running":
		text := fmt.Sprintf("%d of %d chunks are embedded by %s; searches use %s until all are", r.Done, r.Total, r.Model, r.Searched)
		if r.Failure != "" {
			text += "; the last try failed and is made again: " + oneLine(r.Failure)
		}
		return text
	}
	return fmt.Sprintf("all %d chunks are embedded by %s", r.Total, r.Model)
}
