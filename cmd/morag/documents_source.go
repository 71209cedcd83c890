package main

import (
	"context"
	"fmt"
	"os"

	"morag/internal/client"
)

type documentsSourceCmd struct {
	server
	ID  string `arg:"" help:"Id of the document, or its beginning."`
	Out string `short:"o" required:"" placeholder:"FILE" help:"Write it here."`
}

// Run fetches into a file beside the one asked for, which is there only when it is whole.
func (c *documentsSourceCmd) Run(ctx context.Context, std streams) error {
	api, id, err := c.named(ctx, documents, c.ID)
	if err != nil {
		return err
	}
	partial := c.Out + ".part"
	f, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	bar := newProgress(std.err, c.Out)
	got, err := api.Download(ctx, client.Download{Path: client.DocumentSource(id), File: f, Progress: func(done, total int64) {
		if total > 0 {
			bar.show(float64(done)/float64(total), "fetching")
		}
	}})
	bar.done()
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(partial, c.Out)
	}
	if err != nil {
		_ = os.Remove(partial) // the error above says what went wrong
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: %d bytes, sha256 %s\n", oneLine(c.Out), got.Size, got.SHA256)
	return err
}
