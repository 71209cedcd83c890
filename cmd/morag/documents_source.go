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

func (c *documentsSourceCmd) Run(ctx context.Context, std streams) error {
	api, id, err := c.named(ctx, documents, c.ID)
	if err != nil {
		return err
	}
	bar := newProgress(std.err, c.Out)
	var got client.Downloaded
	err = writeWhole(c.Out, func(f *os.File) (err error) {
		got, err = api.Download(ctx, client.Download{Path: client.DocumentSource(id), File: f, Progress: func(done, total int64) {
			if total > 0 {
				bar.show(float64(done)/float64(total), "fetching")
			}
		}})
		return err
	})
	bar.done()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: %d bytes, sha256 %s\n", oneLine(c.Out), got.Size, got.SHA256)
	return err
}
