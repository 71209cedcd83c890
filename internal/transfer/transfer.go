// Package transfer copies all that servers keep to another place: from a data folder to a
// PostgreSQL database and the place of its files, and back.
//
// Rows are copied table by table in the order of their keys, jobs by the stores' own calls,
// the oldest first, and blobs in the order of their references. So what is there of each says
// where a copy goes on that was cut off, and no page is written but whole. At the end both
// sides are read and compared.
package transfer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"morag/internal/blob"
	"morag/internal/job"
)

// What a copy can end with.
var (
	// ErrUsed: the place that is to be copied to holds other data. Nothing has changed.
	ErrUsed = errors.New("it holds other data")
	// ErrDiffers: what was copied is not what was to be.
	ErrDiffers = errors.New("the copy differs")
)

// Jobs are a store that jobs can be copied to and from.
type Jobs interface {
	job.Store
	job.Importer
}

// Place is one of the two that is copied between. Nobody else uses it meanwhile.
type Place struct {
	Rows  Database
	Jobs  Jobs
	Blobs blob.Bucket
}

// Line is how far a copy is.
type Line struct {
	What        string // the name of a table, "jobs" or "files"
	Verb        string // "copied", or "compared" when the other side was read
	Done, Total int64
}

// Copy says what is copied where.
type Copy struct {
	From, To Place
	// Source names what is copied, so that nothing else is added to what was cut off.
	Source string
	// Mark is kept with the place that is copied to.
	Mark Mark
	// Tell is told of progress, after each page.
	Tell func(Line)
	// Now is the clock.
	Now func() time.Time

	tables []table
	state  State
}

// Run copies, or goes on with what was cut off, and compares. What is done already, which is
// true then, is not done again. [ErrUsed], [ErrDiffers].
func (c *Copy) Run(ctx context.Context) (already bool, err error) {
	if err := c.begin(ctx); err != nil || !c.state.Done.IsZero() {
		return err == nil, err
	}
	for _, step := range []func(context.Context) error{c.copyTables, c.copyJobs, c.copyBlobs, c.compareTables} {
		if err := step(ctx); err != nil {
			return false, err
		}
	}
	c.state.Done = c.Now()
	return false, c.Mark.Save(ctx, c.state)
}

// begin finds out what is to be copied, and marks the place.
func (c *Copy) begin(ctx context.Context) error {
	lite, post := c.From, c.To
	if lite.Rows.lite == nil {
		lite, post = post, lite
	}
	ours, err := lite.Rows.tables(ctx)
	if err != nil {
		return err
	}
	theirs, err := post.Rows.tables(ctx)
	if err != nil {
		return err
	}
	if c.tables, err = plan(ours, theirs); err != nil {
		return err
	}
	state, marked, err := c.Mark.Load(ctx)
	if err != nil {
		return err
	}
	if marked {
		c.state = state
		if state.Source != c.Source {
			return fmt.Errorf("%w: a copy of %s", ErrUsed, state.Source)
		}
		return nil
	}
	if err := c.empty(ctx); err != nil {
		return err
	}
	c.state = State{Source: c.Source}
	return c.Mark.Save(ctx, c.state)
}

// empty is [ErrUsed] when the place that is copied to holds anything.
func (c *Copy) empty(ctx context.Context) error {
	for _, t := range c.tables {
		switch n, err := c.To.Rows.one(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+t.name+" LIMIT 1) AS any_row"); {
		case err != nil:
			return err
		case n > 0:
			return fmt.Errorf("%w: there are rows in the table %s", ErrUsed, t.name)
		}
	}
	jobs, _, err := c.To.Jobs.List(ctx, job.Filter{Limit: 1})
	if err != nil {
		return err
	}
	if len(jobs) > 0 {
		return fmt.Errorf("%w: there are jobs", ErrUsed)
	}
	return c.To.Blobs.List(ctx, "", always, func(i blob.Info) error { return fmt.Errorf("%w: there are files", ErrUsed) })
}

// copyTables copies the rows that are not there yet.
func (c *Copy) copyTables(ctx context.Context) error {
	for _, t := range c.tables {
		if err := c.copyTable(ctx, t); err != nil {
			return fmt.Errorf("copy the table %s: %w", t.name, err)
		}
	}
	return nil
}

func (c *Copy) copyTable(ctx context.Context, t table) error {
	total, err := c.From.Rows.count(ctx, t)
	if err != nil {
		return err
	}
	done, err := c.To.Rows.count(ctx, t)
	if err != nil {
		return err
	}
	after, err := c.To.Rows.last(ctx, t)
	if err != nil {
		return err
	}
	for {
		page, err := c.From.Rows.page(ctx, t, after)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		if err := c.To.Rows.insert(ctx, t, page); err != nil {
			return err
		}
		after, done = t.keyOf(page[len(page)-1]), done+int64(len(page))
		c.Tell(Line{What: t.name, Verb: "copied", Done: done, Total: max(done, total)})
	}
	if t.number == "" {
		return nil
	}
	given, err := c.From.Rows.numbered(ctx, t)
	if err != nil {
		return err
	}
	return c.To.Rows.numberAfter(ctx, t, given)
}

// compareTables reads all rows of both sides.
func (c *Copy) compareTables(ctx context.Context) error {
	for _, t := range c.tables {
		if err := c.compareTable(ctx, t); err != nil {
			return fmt.Errorf("compare the table %s: %w", t.name, err)
		}
	}
	return nil
}

func (c *Copy) compareTable(ctx context.Context, t table) error {
	there, want, err := c.sum(ctx, c.From.Rows, t, nil)
	if err != nil {
		return err
	}
	copied, got, err := c.sum(ctx, c.To.Rows, t, func(n int64) {
		c.Tell(Line{What: t.name, Verb: "compared", Done: n, Total: max(n, there)})
	})
	switch {
	case err != nil:
		return err
	case copied != there:
		return fmt.Errorf("%w: %d rows of %d", ErrDiffers, copied, there)
	case got != want:
		return fmt.Errorf("%w: the checksum of its %d rows is another", ErrDiffers, there)
	}
	return nil
}

// sum is how many rows a table has, and their checksum.
func (c *Copy) sum(ctx context.Context, d Database, t table, tell func(n int64)) (n int64, sum [sha256.Size]byte, err error) {
	h := sha256.New()
	for after := []any(nil); ; {
		page, err := d.page(ctx, t, after)
		if err != nil {
			return 0, sum, err
		}
		if len(page) == 0 {
			return n, [sha256.Size]byte(h.Sum(nil)), nil
		}
		for _, row := range page {
			digest(h, row)
		}
		after, n = t.keyOf(page[len(page)-1]), n+int64(len(page))
		if tell != nil {
			tell(n)
		}
	}
}
