package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"morag/internal/app"
	"morag/internal/backoff"
	"morag/internal/backup"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/wire"
)

type backupCmd struct {
	server
	File        string `arg:"" help:"File to write, a tar archive. What was fetched before a call was cut off is in FILE.part, with which the next call of the same FILE goes on."`
	Offline     bool   `help:"Read the data folder itself, on which no server may run."`
	DataDir     string `env:"MORAG_DATA_DIR" default:"./data" help:"The folder for --offline."`
	RemoteJobs  string `name:"remote-jobs-data-dir" env:"MORAG_REMOTE_JOBS_DATA_DIR" help:"Folder of the remote jobs, for --offline (default: remote_jobs in the data folder)."`
	progressBar *progress
}

func (c *backupCmd) Run(ctx context.Context, std streams) error {
	c.progressBar = newProgress(std.err, "backup")
	write := c.fetch
	if c.Offline {
		write = func(ctx context.Context, f *os.File) error {
			return app.Backup(ctx, app.BackupConfig{
				DataDir: c.DataDir, JobsDir: c.RemoteJobs, Version: version, Logger: newLogger(std.err, config.Log{LogLevel: "warn", LogFormat: "text"}),
			}, f)
		}
	}
	done, err := c.whole(ctx, write)
	c.progressBar.done()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, backupShown(c.File, done))
	}
	_, err = fmt.Fprintf(std.out, "%s: %d bytes, %d jobs, %d files, all as their checksums say\n", oneLine(c.File), done.Bytes, done.Jobs, done.Files)
	return err
}

// backupShown is a backup as JSON shows it.
func backupShown(place string, b backup.Restored) map[string]any {
	return map[string]any{
		"place": place, "backup_id": b.ID, "created_at": b.CreatedAt, "version": b.Version, "bytes": b.Bytes, "jobs": b.Jobs, "files": b.Files,
	}
}

// whole has write fill a file beside the one asked for, which takes its place once it was
// checked.
func (c *backupCmd) whole(ctx context.Context, write func(context.Context, *os.File) error) (done backup.Restored, err error) {
	partial := c.File + ".part"
	f, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return done, err
	}
	defer f.Close() // again, unless all went well
	if c.Offline {
		err = f.Truncate(0) // another backup's beginning is not this one's
	}
	if err == nil {
		err = write(ctx, f)
	}
	if err != nil {
		if info, failed := f.Stat(); c.Offline || failed == nil && info.Size() == 0 {
			_ = os.Remove(partial) // the error says what went wrong
		}
		return done, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return done, err
	}
	c.progressBar.show(1, "checking")
	if done, err = backup.Check(ctx, f); err != nil {
		if ctx.Err() == nil {
			_ = os.Remove(partial) // to go on with it would be in vain
		}
		return done, err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return done, err
	}
	return done, os.Rename(partial, c.File)
}

// fetch has the server make a backup and downloads it, or goes on with one.
func (c *backupCmd) fetch(ctx context.Context, f *os.File) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	b, err := c.begun(ctx, api, f)
	if err != nil {
		return err
	}
	for b.State == backup.Preparing {
		c.progressBar.show(0, "the server makes it")
		if err := backoff.Sleep(ctx, backupLook); err != nil {
			_ = api.DeleteBackup(context.WithoutCancel(ctx), b.ID) // nobody will come for it
			return err
		}
		if b, err = api.Backup(ctx, b.ID); err != nil {
			return err
		}
	}
	if b.State != backup.Ready {
		return fmt.Errorf("the backup failed: %s", b.Failure)
	}
	_, err = api.Download(ctx, client.Download{
		Path: client.BackupArchive(b.ID), File: f, ETag: client.BackupETag(b.ID), Size: b.Size,
		Progress: func(done, total int64) { c.progressBar.show(float64(done)/float64(max(total, 1)), "fetching") },
	})
	if err == nil {
		err = api.DeleteBackup(ctx, b.ID)
	}
	if client.IsNotFound(err) {
		return nil // it has expired just now, and is here
	}
	return err
}

// backupLook is how often a backup that is being made is looked at.
const backupLook = 200 * time.Millisecond

// begun is the backup whose beginning the file has, as long as the server has it, or a new one.
func (c *backupCmd) begun(ctx context.Context, api *client.Client, f *os.File) (wire.Backup, error) {
	if id, err := backup.ID(f); err == nil {
		b, err := api.Backup(ctx, id)
		if !client.IsNotFound(err) {
			return b, err
		}
	}
	if err := f.Truncate(0); err != nil {
		return wire.Backup{}, err
	}
	return api.StartBackup(ctx)
}
