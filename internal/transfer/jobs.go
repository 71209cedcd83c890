package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"morag/internal/job"
)

// jobPage is how many jobs are listed at a time, and groupBytes how much of their results is
// held at a time.
const (
	jobPage    = 500
	groupBytes = 4 << 20
)

// copyJobs copies the jobs that are not there yet, the oldest first, and compares each.
func (c *Copy) copyJobs(ctx context.Context) error {
	total, err := countJobs(ctx, c.From.Jobs)
	if err != nil {
		return err
	}
	cursors, err := c.cursors(ctx)
	if err != nil {
		return fmt.Errorf("list jobs: %w", err)
	}
	done := int64(0)
	for _, cursor := range slices.Backward(cursors) {
		page, _, err := c.From.Jobs.List(ctx, job.Filter{Limit: jobPage, Cursor: cursor})
		if err != nil {
			return fmt.Errorf("list jobs: %w", err)
		}
		slices.Reverse(page)
		if err := c.copyPage(ctx, page); err != nil {
			return err
		}
		done += int64(len(page))
		c.Tell(Line{What: "jobs", Verb: "copied", Done: done, Total: max(done, total)})
	}
	copied, err := countJobs(ctx, c.To.Jobs)
	if err == nil && copied != done {
		err = fmt.Errorf("compare the jobs: %w: %d of %d", ErrDiffers, copied, done)
	}
	return err
}

// countJobs is how many a store has.
func countJobs(ctx context.Context, jobs Jobs) (n int64, err error) {
	stats, err := jobs.Stats(ctx)
	for _, of := range stats.Status {
		n += int64(of)
	}
	return n, err
}

// cursors are those of the pages of jobs, the newest first.
func (c *Copy) cursors(ctx context.Context) ([]string, error) {
	cursors := []string{""}
	for {
		page, next, err := c.From.Jobs.List(ctx, job.Filter{Limit: jobPage, Cursor: cursors[len(cursors)-1]})
		switch {
		case err != nil:
			return nil, err
		case len(page) == 0:
			return cursors[:len(cursors)-1], nil
		case next == "":
			return cursors, nil
		}
		cursors = append(cursors, next)
	}
}

func (c *Copy) copyPage(ctx context.Context, page []*job.Job) error {
	for len(page) > 0 {
		var missing []*job.Job
		n, bytes := 0, 0
		for ; n < len(page) && bytes < groupBytes; n++ {
			j := page[n]
			result, err := c.From.Jobs.Result(ctx, j.ID)
			if err != nil {
				return err
			}
			j.ResultData = result
			bytes += len(result)
			_, err = c.To.Jobs.Get(ctx, j.ID)
			if errors.Is(err, job.ErrNotFound) {
				missing = append(missing, j)
			} else if err != nil {
				return err
			}
		}
		if len(missing) > 0 {
			if err := c.To.Jobs.Import(ctx, missing); err != nil {
				return err
			}
		}
		for _, j := range page[:n] {
			if err := c.compareJob(ctx, j); err != nil {
				return fmt.Errorf("compare job %s: %w", j.ID, err)
			}
			j.ResultData = nil
		}
		page = page[n:]
	}
	return nil
}

// compareJob reads the copy of a job.
func (c *Copy) compareJob(ctx context.Context, want *job.Job) error {
	got, err := c.To.Jobs.Get(ctx, want.ID)
	if err != nil {
		return err
	}
	if got.ResultData, err = c.To.Jobs.Result(ctx, want.ID); err != nil {
		return err
	}
	expected, err := lasting(*want)
	if err != nil {
		return err
	}
	copied, err := lasting(*got)
	if err == nil && !bytes.Equal(copied, expected) {
		err = ErrDiffers
	}
	return err
}

// lasting is all of a job but its lease, which runs anew when a store is opened.
func lasting(j job.Job) ([]byte, error) {
	j.LeaseExpiresAt, j.ConfirmBy = time.Time{}, time.Time{}
	return j.MarshalJSON()
}
