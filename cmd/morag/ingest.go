package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

type ingestCmd struct {
	server
	Paths []string `arg:"" name:"path" help:"Files or addresses (http, https) to ingest; - is standard input."`

	Wait      bool   `help:"Wait until it is searchable."`
	Recursive bool   `short:"r" help:"Ingest the files of folders, and of the folders in them; what is hidden is left out."`
	Type      string `placeholder:"TYPE" help:"Content type (default: found out)."`

	option.Options
}

// Run submits the sources and, if it is asked to, waits for them. What fails of one
// keeps no other.
func (c *ingestCmd) Run(ctx context.Context, std streams) error {
	sources, err := sourcesOf(c.Paths, c.Recursive)
	if err != nil {
		return err
	}
	if c.DocumentID != "" && len(sources) > 1 {
		return usageError{errors.New("--document-id names one document: give one source")}
	}
	if c.Origin != "" && len(sources) > 1 {
		return usageError{errors.New("--origin names the place of one source: give one source")}
	}
	api, err := c.client()
	if err != nil {
		return err
	}
	if c.ReplaceExisting && c.DocumentID != "" {
		if c.DocumentID, err = documents(api).whole(ctx, c.DocumentID); err != nil {
			return err
		}
	}
	in := &intake{
		api: api, options: client.IngestOptions{Options: c.Options, ContentType: c.Type, Resume: resumeFolder()}, wait: c.Wait, json: c.JSON, std: std,
		board: newBoard(std.err, len(sources)), failed: failures{std: std, server: c.Server, all: len(sources)},
	}
	return in.run(ctx, sources)
}

// resumeFolder is where uploads of large files are remembered, "" where there is no such
// place.
func resumeFolder() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "morag", "uploads")
}

// accepted says in a line what the server has taken on.
func accepted(in wire.Ingested) string {
	if in.DuplicateOf != nil {
		return fmt.Sprintf("task %s document %s: the same content is there already", short(in.TaskID), short(*in.DuplicateOf))
	}
	return fmt.Sprintf("task %s document %s", short(in.TaskID), short(in.DocumentID))
}

// ended makes an error of a task that did not succeed.
func ended(t wire.Task) error {
	if t.Status == "SUCCESS" {
		return nil
	}
	return fmt.Errorf("task %s: %s: %s", short(t.TaskID), t.Status, orDash(t.Error))
}

// summary says in a line what became of a source.
func summary(t wire.Task) (string, error) {
	var result wire.TaskResult
	if err := json.Unmarshal(t.Result, &result); err != nil {
		return "", fmt.Errorf("result of task %s: %w", t.TaskID, err)
	}
	if result.Duplicate {
		return fmt.Sprintf("document %s: the same content is there already", short(result.DocumentID)), nil
	}
	done := "converted"
	if result.Replaced {
		done = "replaced, converted"
	}
	text := "without text"
	if result.ContentLength > 0 {
		text = fmt.Sprintf("%s in %s", counted(result.ContentLength, "character"), counted(result.ChunksStored, "chunk"))
	}
	return fmt.Sprintf("document %s: %s %s in %.1f s, %s",
		short(result.DocumentID), done, map[string]string{"remote": "remotely", "local": "locally"}[result.ProcessingMethod],
		result.ProcessingTime, text), nil
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
