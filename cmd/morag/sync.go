package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"morag/internal/client"
	"morag/internal/mirror"
	"morag/internal/option"
)

type syncCmd struct {
	server
	Folders []string `arg:"" name:"source" help:"Folders to keep the documents in step with, and addresses of feeds (RSS, Atom, JSON) whose entries are ingested."`

	Once   bool          `help:"Do the difference and end; without it, the folders are watched."`
	Wait   bool          `help:"With --once: wait until all of it is searchable."`
	DryRun bool          `help:"Only tell what would be done."`
	Yes    bool          `help:"Delete the documents of files that are gone without asking, also when these are most of a folder."`
	Keep   bool          `help:"Keep the documents of files that are gone."`
	Again  bool          `help:"Try again what the server could not convert before, though it has not changed."`
	Anew   bool          `help:"Forget what is known of the folders, and ask the server what it has."`
	Quiet  time.Duration `default:"2s" placeholder:"TIME" help:"How long a file must have been left alone before it is taken, 0s to 1h."`
	Rescan time.Duration `default:"5m" placeholder:"TIME" help:"How often the folders are looked at whatever the system tells of them, 1s to 24h."`
	Poll   time.Duration `default:"30m" placeholder:"TIME" help:"How often feeds are asked, 1m to 168h."`
	Newest int           `default:"50" placeholder:"N" help:"Of a feed, how many entries at most, the newest, 1 to 10000."`
	State  string        `type:"path" placeholder:"FOLDER" help:"Where it is remembered what the server has (default: morag/sync in your cache folder)."`
	Type   string        `placeholder:"TYPE" help:"Content type of all files (default: found out)."`

	option.Options
}

// Run keeps each folder in step, one beside the other.
func (c *syncCmd) Run(ctx context.Context, std streams) error {
	if err := c.check(); err != nil {
		return usageError{err}
	}
	api, err := c.client()
	if err != nil {
		return err
	}
	if c.State == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("--state is needed: %w", err)
		}
		c.State = filepath.Join(cache, "morag", "sync")
	}
	folders := make([]*syncedFolder, len(c.Folders))
	for i, folder := range c.Folders {
		one := &syncedFolder{command: c, std: std, name: folder, several: len(c.Folders) > 1}
		if one.mirror, err = mirror.New(ctx, c.config(api, one)); err != nil {
			if errors.Is(err, mirror.ErrFolder) {
				return err
			}
			return fmt.Errorf("%s: %w", folder, err)
		}
		defer one.mirror.Close()
		folders[i] = one
	}
	if c.Once || c.DryRun { // one after the other, so that questions and bars do not mix
		var failed error
		for _, one := range folders {
			if err := one.once(ctx); failed == nil {
				failed = err
			}
		}
		return failed
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, one := range folders {
		group.Go(func() error { return one.watch(ctx) })
	}
	if err := group.Wait(); ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (c *syncCmd) check() error {
	switch {
	case c.DocumentID != "":
		return errors.New("--document-id names one document, and each file has its own")
	case c.Origin != "" && len(c.Folders) > 1:
		return errors.New("--origin stands for the path of one folder: give one")
	case c.Origin != "" && isAddress(c.Folders[0]):
		return errors.New("--origin stands for the path of a folder, and a feed has its address")
	case c.Wait && !c.Once:
		return errors.New("--wait goes with --once")
	case c.Quiet < 0 || c.Quiet > time.Hour:
		return errors.New("--quiet: must be from 0s to 1h")
	case c.Poll < time.Minute || c.Poll > 7*24*time.Hour:
		return errors.New("--poll: must be from 1m to 168h")
	case c.Newest < 1 || c.Newest > 10_000:
		return errors.New("--newest: must be from 1 to 10000")
	case c.Rescan < time.Second || c.Rescan > 24*time.Hour:
		return errors.New("--rescan: must be from 1s to 24h")
	}
	return apart(c.Folders)
}

// apart refuses folders that lie in one another.
func apart(folders []string) error {
	for i, one := range folders {
		for j, other := range folders {
			a, errA := filepath.Abs(one)
			b, errB := filepath.Abs(other)
			if errA != nil || errB != nil || i == j || isAddress(one) || isAddress(other) {
				continue
			}
			if below, err := filepath.Rel(a, b); err == nil && filepath.IsLocal(below) {
				return fmt.Errorf("%s lies in %s: give the one that is meant", other, one)
			}
		}
	}
	return nil
}

func (c *syncCmd) config(api *client.Client, one *syncedFolder) mirror.Config {
	cfg := mirror.Config{
		Server: api, Folder: one.name, Origin: c.Origin, Newest: c.Newest, UserAgent: "morag/" + version,
		State: c.State, Address: api.BaseURL(), Key: c.APIKey,
		Options: client.IngestOptions{Options: c.Options, ContentType: c.Type, Resume: resumeFolder()},
		Quiet:   c.Quiet, Keep: c.Keep, Again: c.Again, Dry: c.DryRun, Report: one,
	}
	if c.Once || c.Yes {
		cfg.Consent = one.consent
	}
	if isAddress(one.name) {
		cfg.Folder, cfg.Feed = "", one.name
	}
	return cfg
}

// syncedFolder tells what is done about a folder.
type syncedFolder struct {
	command *syncCmd
	std     streams
	name    string
	several bool // folders
	mirror  *mirror.Mirror
	board   board
	asked   bool   // for consent, and it was refused
	told    string // what was told last of what stays undone
	refused int    // files that the server could not make documents of, as it was told
}

// consent asks whether many documents may be deleted.
func (f *syncedFolder) consent(why string) bool {
	if f.command.Yes {
		return true
	}
	if f.asked || !term.IsTerminal(int(os.Stdin.Fd())) {
		return false
	}
	f.asked = true
	return confirmed(f.std, fmt.Sprintf("%s. Delete their documents?", oneLine(why))) == nil
}
