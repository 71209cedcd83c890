package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"morag/internal/app"
	"morag/internal/config"
	"morag/internal/transfer"
)

type migrateCmd struct {
	To            string `xor:"direction" required:"" placeholder:"URL" help:"Copy the data folder to this PostgreSQL, postgres://USER:PASSWORD@HOST:PORT/DATABASE, and to the place of --blobs."`
	From          string `xor:"direction" required:"" placeholder:"URL" help:"Copy what is in this PostgreSQL and in the place of --blobs to the data folder."`
	Blobs         string `required:"" env:"MORAG_BLOB_URL" placeholder:"URL" help:"Place of the files that goes with the database: file:///PATH or s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=NAME with the credentials of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."`
	DataDir       string `env:"MORAG_DATA_DIR" default:"./data" help:"Folder for everything that is stored."`
	RemoteJobsDir string `name:"remote-jobs-data-dir" env:"MORAG_REMOTE_JOBS_DATA_DIR" help:"Folder of the remote jobs (default: remote_jobs in the data folder)."`
}

func (c *migrateCmd) Run(ctx context.Context, std streams) error {
	set := config.Server{DataDir: c.DataDir, RemoteJobsDir: c.RemoteJobsDir, BlobURL: c.Blobs, DatabaseURL: c.To + c.From}
	if _, err := set.Blobs(); err != nil {
		return usageError{err}
	}
	lines := migrateLines{std: std}
	already, err := app.Migrate(ctx, app.Migration{
		Settings: set, ToFolder: c.From != "", Tell: lines.tell,
		Warn: func(text string) { fmt.Fprintln(std.err, text) },
	})
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return errors.New("stopped; the same command goes on")
		}
		return err
	}
	text := "all is copied and compared"
	if already {
		text = "all was copied and compared before; nothing was done"
	}
	_, err = fmt.Fprintln(std.out, text)
	return err
}

// migrateLines prints how far a copy is: the end of each part, and a line each few seconds.
type migrateLines struct {
	std  streams
	last time.Time
}

// migrateLineEvery is how often a part that takes long is told of.
const migrateLineEvery = 5 * time.Second

func (l *migrateLines) tell(line transfer.Line) {
	if line.Done < line.Total && time.Since(l.last) < migrateLineEvery {
		return
	}
	l.last = time.Now()
	fmt.Fprintf(l.std.err, "%s: %d of %d %s\n", line.What, line.Done, line.Total, line.Verb)
}
