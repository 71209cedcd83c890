package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

type ingestCmd struct {
	server
	Paths []string `arg:"" name:"path" help:"Files or addresses (http, https) to ingest."`

	Wait bool   `help:"Wait until it is searchable."`
	Type string `placeholder:"TYPE" help:"Content type (default: found out)."`

	option.Options
}

func (c *ingestCmd) Run(ctx context.Context, std streams) error {
	if c.DocumentID != "" && len(c.Paths) > 1 {
		return usageError{errors.New("--document-id names one document: give one source")}
	}
	options := client.IngestOptions{Options: c.Options, ContentType: c.Type}
	api, err := c.client()
	if err != nil {
		return err
	}
	failed := 0
	for _, path := range c.Paths {
		if err := c.one(ctx, std, api, path, options); err != nil {
			if len(c.Paths) == 1 || ctx.Err() != nil {
				return err
			}
			failed++
			fmt.Fprintf(std.err, "morag: %s: %s\n", oneLine(path), oneLine(err.Error()))
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d sources were not ingested", failed, len(c.Paths))
	}
	return nil
}

func (c *ingestCmd) one(ctx context.Context, std streams, api *client.Client, path string, o client.IngestOptions) error {
	bar := newProgress(std.err, filepath.Base(path))
	defer bar.done()
	submit := api.IngestFile
	if isAddress(path) {
		submit = api.IngestURL
	}
	o.Progress = func(sent, total int64) {
		if total > 0 {
			bar.show(float64(sent)/float64(total), "uploading")
		}
	}
	created, err := submit(ctx, path, o)
	if err != nil {
		return err
	}
	if !c.Wait {
		bar.done()
		if c.JSON {
			return printJSON(std.out, created)
		}
		_, err := fmt.Fprintf(std.out, "task %s document %s\n", created.TaskID, created.DocumentID)
		return err
	}
	t, err := waitFor(ctx, api, created.TaskID, bar)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, t)
	}
	return summary(std, t)
}

// waitFor shows a task's progress until it ends; one that did not succeed is an
// error.
func waitFor(ctx context.Context, api *client.Client, id string, bar *progress) (wire.Task, error) {
	t, err := api.WaitTask(ctx, id, func(t wire.Task) {
		message := t.Stage
		if t.Message != nil && *t.Message != "" {
			message += ": " + *t.Message
		}
		bar.show(t.Progress, message)
	})
	bar.done()
	if err != nil {
		return t, fmt.Errorf("task %s: %w", id, err)
	}
	if t.Status != "SUCCESS" {
		return t, fmt.Errorf("task %s: %s: %s", id, t.Status, orDash(t.Error))
	}
	return t, nil
}

func summary(std streams, t wire.Task) error {
	var result wire.TaskResult
	if err := json.Unmarshal(t.Result, &result); err != nil {
		return fmt.Errorf("result of task %s: %w", t.TaskID, err)
	}
	for _, w := range t.Warnings {
		fmt.Fprintf(std.err, "warning: %s\n", oneLine(w))
	}
	if result.Duplicate {
		_, err := fmt.Fprintf(std.out, "document %s: the same content is there already\n", result.DocumentID)
		return err
	}
	_, err := fmt.Fprintf(std.out, "document %s: converted %s in %.1f s, %d characters in %d chunks\n",
		result.DocumentID, map[string]string{"remote": "remotely", "local": "locally"}[result.ProcessingMethod],
		result.ProcessingTime, result.ContentLength, result.ChunksStored)
	return err
}
