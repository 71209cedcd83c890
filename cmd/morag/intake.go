package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"morag/internal/client"
	"morag/internal/wire"
)

// How much goes on at once: so many uploads, since they share one line, and so many
// sources that are waited for, each of which asks the server now and then.
const (
	uploadsAtOnce = 4
	sourcesAtOnce = 32
)

// uploadShare is how much of the whole an upload is that is waited for.
const uploadShare = 0.1

// intake has several sources ingested.
type intake struct {
	api     *client.Client
	options client.IngestOptions
	wait    bool
	json    bool
	std     streams

	mu     sync.Mutex // guards what is printed
	board  board
	failed failures
	left   int // sources that were given up when ctx ended
}

// errUnwatched ends waiting before the tasks have ended.
var errUnwatched = errors.New("no longer waiting; the server goes on with what it has, and morag tasks list shows it")

func (in *intake) run(ctx context.Context, sources []string) error {
	uploads := make(chan struct{}, uploadsAtOnce)
	var group errgroup.Group
	group.SetLimit(sourcesAtOnce)
	for _, source := range sources {
		group.Go(func() error {
			in.ingest(ctx, source, uploads)
			return nil
		})
	}
	_ = group.Wait() // each tells its own error
	in.board.done()
	switch {
	case in.left > 0 && in.wait:
		return errUnwatched
	case in.left > 0:
		return fmt.Errorf("%d of %d sources were not submitted: %w", in.left, len(sources), context.Cause(ctx))
	}
	return in.failed.err("sources were not ingested")
}

// ingest submits a source, and waits for it if that is wanted.
func (in *intake) ingest(ctx context.Context, source string, uploads chan struct{}) {
	show := in.shower(source)
	created, err := in.submit(ctx, source, show, uploads)
	if !in.wait || err != nil {
		in.end(ctx, source, submitted{Source: source, Ingested: &created}, err, accepted(created))
		return
	}
	task, err := in.api.WaitTask(ctx, created.TaskID, func(t wire.Task) {
		show(uploadShare+(1-uploadShare)*t.Progress, doing(t))
	})
	if task.TaskID == "" { // nothing was heard of it
		task.TaskID, task.DocumentID = created.TaskID, &created.DocumentID
	}
	line := ""
	if err != nil {
		err = fmt.Errorf("task %s: %w", short(created.TaskID), err)
	} else if err = ended(task); err == nil {
		line, err = summary(task)
	}
	in.end(ctx, source, waited{Source: source, Task: &task}, err, line)
}

func (in *intake) submit(ctx context.Context, source string, show func(float64, string), uploads chan struct{}) (wire.Ingested, error) {
	select {
	case uploads <- struct{}{}:
	case <-ctx.Done():
		return wire.Ingested{}, context.Cause(ctx)
	}
	defer func() { <-uploads }()
	submit, options := in.api.IngestFile, in.options
	switch {
	case isAddress(source):
		submit = in.api.IngestURL
	case source == standardInput:
		kept, remove, err := keepInput(os.Stdin)
		if err != nil {
			return wire.Ingested{}, err
		}
		defer remove()
		source = kept
	default:
		if path, err := filepath.Abs(source); err == nil && options.Origin == "" {
			options.Origin = path
		}
	}
	options.Progress = func(sent, total int64) {
		if total > 0 {
			share := 1.0
			if in.wait {
				share = uploadShare
			}
			show(share*float64(sent)/float64(total), "uploading")
		}
	}
	return submit(ctx, source, options)
}

// shower shows the progress of a source. It may be called from any goroutine.
func (in *intake) shower(source string) func(float64, string) {
	label := oneLine(filepath.Base(source))
	return func(fraction float64, message string) {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.board.show(source, label, fraction, message)
	}
}

// submitted and waited are what --json prints of a source, also of one that failed.
type (
	submitted struct {
		Source string `json:"source"`
		*wire.Ingested
		Error *string `json:"error"`
	}
	waited struct {
		Source string `json:"source"`
		*wire.Task
		Error *string `json:"error"`
	}
)

func (s submitted) failed(sentence *string) any {
	s.Error = sentence
	if sentence != nil {
		s.Ingested = nil
	}
	return s
}

func (w waited) failed(sentence *string) any {
	w.Error = sentence
	return w
}

// end tells what became of a source, in JSON or in a line. That it was given up is told
// once for all.
func (in *intake) end(ctx context.Context, source string, out interface{ failed(*string) any }, err error, line string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.board.end(source)
	if ctx.Err() != nil && err != nil {
		in.left++
		if in.json {
			sentence := "not submitted: the command was interrupted"
			if _, there := out.(waited); there {
				sentence = errUnwatched.Error()
			}
			_ = printJSON(in.std.out, out.failed(&sentence)) // the command has failed anyway
		}
		return
	}
	if in.json {
		var sentence *string
		if err != nil {
			text := explain(err, in.failed.server)
			sentence = &text
		}
		err = errors.Join(err, printJSON(in.std.out, out.failed(sentence)))
	} else if err == nil {
		err = in.tell(source, out, line)
	}
	if err != nil {
		in.failed.add(source, err)
	}
}

// tell prints the line of a source, and what the server warns of.
func (in *intake) tell(source string, out any, line string) error {
	prefix := ""
	if in.failed.all > 1 {
		prefix = oneLine(source) + ": "
	}
	for _, warning := range warningsOf(out) {
		fmt.Fprintf(in.std.err, "%swarning: %s\n", prefix, oneLine(asFlags(warning)))
	}
	_, err := fmt.Fprintln(in.std.out, prefix+line)
	return err
}

func warningsOf(out any) []string {
	switch out := out.(type) {
	case submitted:
		return out.Warnings
	case waited:
		return out.Warnings
	}
	return nil
}
