package main

import (
	"context"
	"io"
	"os"

	"morag/internal/client"
)

type documentsExportCmd struct {
	server
	ID     string `arg:"" help:"Id of the document, or its beginning."`
	Format string `short:"f" default:"md" enum:"srt,vtt,md,txt,json" help:"One of ${enum}. Subtitles and json are of recordings; md and txt of what has no times are its text."`
	Out    string `short:"o" placeholder:"FILE" help:"Write here instead of to standard output."`
}

func (c *documentsExportCmd) Run(ctx context.Context, std streams) error {
	api, id, err := c.named(ctx, documents, c.ID)
	if err != nil {
		return err
	}
	text, err := api.DocumentTranscript(ctx, id, c.Format)
	if client.IsNotFound(err) && (c.Format == "md" || c.Format == "txt") {
		text, err = api.DocumentContent(ctx, id)
	}
	if err != nil {
		return err
	}
	defer text.Close()
	if c.Out == "" {
		_, err = io.Copy(std.out, text)
		return err
	}
	return writeWhole(c.Out, func(f *os.File) error {
		_, err := io.Copy(f, text)
		return err
	})
}

// writeWhole has fill write a file beside the one asked for, which is there only when it
// is whole.
func writeWhole(path string, fill func(*os.File) error) error {
	partial := path + ".part"
	f, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = fill(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(partial, path)
	}
	if err != nil {
		_ = os.Remove(partial) // the error above says what went wrong
	}
	return err
}
