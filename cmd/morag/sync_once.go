package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"morag/internal/backoff"
	"morag/internal/mirror"
)

// once does the difference. Files that are being written get their time to end.
func (f *syncedFolder) once(ctx context.Context) error {
	all, err := f.passes(ctx)
	if err == nil && f.command.Wait && !f.command.DryRun {
		progress := newProgress(f.std.err, f.name)
		var sum mirror.Summary
		sum, err = f.mirror.Wait(ctx, func(open int) { progress.show(0, f.noun(open)+" to be converted") })
		progress.done()
		all.Open = sum.Open
		if ctx.Err() != nil {
			err = errUnwatched
		}
	}
	if told := f.tell(all); err == nil {
		err = told
	}
	if err == nil && !f.command.DryRun {
		err = f.verdict(all)
	}
	return err
}

// passes are one, and another one for the files that were being written.
func (f *syncedFolder) passes(ctx context.Context) (mirror.Summary, error) {
	if f.command.Anew {
		if err := f.mirror.Forget(ctx); err != nil {
			return mirror.Summary{}, err
		}
	}
	all, err := f.mirror.Pass(ctx)
	f.board.done()
	if err != nil || all.Restless == 0 || f.command.DryRun {
		return all, err
	}
	if backoff.Sleep(ctx, f.command.Quiet) != nil {
		return all, context.Cause(ctx)
	}
	last, err := f.mirror.Pass(ctx)
	f.board.done()
	last.Added, last.Changed, last.Moved, last.Deleted = last.Added+all.Added, last.Changed+all.Changed, last.Moved+all.Moved, last.Deleted+all.Deleted
	last.Unchanged = all.Unchanged
	return last, err
}

// synced is what --json prints of a folder when it is done.
type synced struct {
	Folder    string   `json:"folder"`
	Added     int      `json:"added"`
	Changed   int      `json:"changed"`
	Moved     int      `json:"moved"`
	Deleted   int      `json:"deleted"`
	Unchanged int      `json:"unchanged"`
	Failed    int      `json:"failed"`
	Refused   int      `json:"refused"`
	Restless  int      `json:"being_written"`
	Kept      int      `json:"kept"`
	Open      int      `json:"open"`
	Unread    []string `json:"unread"`
	DryRun    bool     `json:"dry_run"`
}

// tell prints what was done in all.
func (f *syncedFolder) tell(sum mirror.Summary) error {
	if f.command.JSON {
		return printJSON(f.std.out, synced{
			f.name, sum.Added, sum.Changed, sum.Moved, sum.Deleted, sum.Unchanged, sum.Failed, sum.Refused, sum.Restless, sum.Kept, sum.Open,
			append([]string{}, sum.Unread...), f.command.DryRun,
		})
	}
	_, err := fmt.Fprintf(f.std.out, "%s: %s\n", oneLine(f.name), f.counts(sum))
	return err
}

// counts says how many files there are of each kind, of those that are there.
func (f *syncedFolder) counts(sum mirror.Summary) string {
	var parts []string
	for _, kind := range []struct {
		n    int
		name string
	}{
		{sum.Added, "added"}, {sum.Changed, "changed"}, {sum.Moved, "moved"}, {sum.Deleted, "deleted"}, {sum.Unchanged, "unchanged"},
		{sum.Failed, "failed"}, {sum.Refused, "not converted before (--again tries them again)"}, {sum.Restless, "being written and left for the next time"},
		{sum.Kept, "gone, whose documents stay"}, {sum.Open, "still being converted"},
	} {
		if kind.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", kind.n, kind.name))
		}
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	if f.command.DryRun {
		return strings.Join(parts, ", ") + " (dry run: nothing was done)"
	}
	return strings.Join(parts, ", ")
}

// verdict is an error when something was left undone.
func (f *syncedFolder) verdict(sum mirror.Summary) error {
	switch {
	case len(sum.Unread) > 0:
		return fmt.Errorf("%s cannot be read: what lies there was left as it is", oneLine(sum.Unread[0]))
	case sum.Why != "":
		return fmt.Errorf("%s: their documents stay (--yes deletes them)", oneLine(sum.Why))
	case sum.Failed > 0:
		return fmt.Errorf("%s of %s could not be brought in step", f.noun(sum.Failed), oneLine(f.name))
	case f.refused > 0:
		return fmt.Errorf("%s of %s could not be converted", f.noun(f.refused), oneLine(f.name))
	}
	return nil
}

// watch keeps the folder in step until ctx ends.
func (f *syncedFolder) watch(ctx context.Context) error {
	if f.command.Anew {
		if err := f.mirror.Forget(ctx); err != nil {
			return err
		}
	}
	first := true
	return f.mirror.Watch(ctx, mirror.Watching{
		Rescan: f.every(),
		Passed: func(sum mirror.Summary, err error) {
			f.board.done()
			if sum.Added+sum.Changed+sum.Moved+sum.Deleted+sum.Failed > 0 || first && err == nil {
				_ = f.tell(sum) // output that nobody reads any more is told by nobody
			}
			first = false
			if err == nil {
				sum.Failed = 0 // each was told
				err = f.verdict(sum)
			}
			f.refused = 0
			f.complain(err)
		},
		Deaf: func(err error) {
			fmt.Fprintf(f.std.err, "warning: %s: the system does not tell of changes (%s): looking every %s\n", oneLine(f.name), oneLine(err.Error()), f.command.Rescan)
		},
	})
}

// every is how often it is looked at.
func (f *syncedFolder) every() time.Duration {
	if isAddress(f.name) {
		return f.command.Poll
	}
	return f.command.Rescan
}

// noun is what there are several of.
func (f *syncedFolder) noun(n int) string {
	switch {
	case !isAddress(f.name):
		return counted(n, "file")
	case n == 1:
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// complain tells once what a pass could not do, until that changes.
func (f *syncedFolder) complain(err error) {
	text := ""
	if err != nil {
		text = explain(err, f.command.Server)
	}
	if text != "" && text != f.told {
		fmt.Fprintf(f.std.err, "morag: %s: %s\n", oneLine(f.name), text)
	}
	f.told = text
}
