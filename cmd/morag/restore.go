package main

import (
	"context"
	"fmt"
	"os"

	"morag/internal/backup"
)

type restoreCmd struct {
	File    string `arg:"" help:"What morag backup has written."`
	DataDir string `required:"" placeholder:"DIR" help:"Folder to make; it must be empty, or not there."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

func (c *restoreCmd) Run(ctx context.Context, std streams) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	done, err := backup.Restore(ctx, f, c.DataDir)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, backupShown(c.DataDir, done))
	}
	_, err = fmt.Fprintf(std.out, "%s: the backup of %s is restored, %d jobs and %d files, all as their checksums say\n",
		oneLine(c.DataDir), done.CreatedAt, done.Jobs, done.Files)
	return err
}
