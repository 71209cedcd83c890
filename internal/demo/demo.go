// Package demo shows the whole path with real engines: it speaks a text into a
// recording, starts a server and a worker as processes, has the worker convert the
// recording and the server a PDF, and searches for what was said. It is a user of the
// program like any other: it starts it and talks to it over the network.
package demo

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"morag/internal/client"
	"morag/internal/proc"
	"morag/internal/program"
)

// spoken is the text that is spoken, about 40 seconds of it.
//
//go:embed asset/library.txt
var spoken string

// bicycle is a PDF of two pages.
//
//go:embed asset/bicycle.pdf
var bicycle []byte

// Config says how the demo runs.
type Config struct {
	Program string    // path of the morag binary
	Out     io.Writer // what it tells
	Model   string    // folder of the model that the server embeds by, "" for none
	// Progress shows how far one thing is: it is called with a label and returns the
	// function that is told, and the one that ends it.
	Progress func(label string) (show func(fraction float64, message string), done func())
	// Exit ends the demo when all is shown. Otherwise the server is left running
	// until the context ends.
	Exit bool
}

// What an honest demo has to reach and what is said there, so that it can be looked for.
const (
	maxWordErrors = 0.15
	saidQuestion  = "Who moved into the house beside the library?"
	readQuestion  = "How often does a bicycle chain need oil?"
)

// stepTimeout is how long the demo waits for one thing, a task or a start.
const stepTimeout = 5 * time.Minute

// grace is how long the server and the worker get to end by themselves.
const grace = 30 * time.Second

// tour is one run.
type tour struct {
	Config
	dir    string
	server *program.Child
	worker *program.Child
	addr   string
	api    *client.Client
	step   int
	abort  context.CancelCauseFunc // of everything, when a program ends by itself
	over   <-chan struct{}         // closed when it has ended
}

// Run shows it all. It returns an error when any of it did not hold: a step failed,
// the transcript has too many errors, the wrong process converted, or a search missed.
// What it started is stopped and what it wrote removed when it returns. A context that
// ends while the server is left running is a good end.
func Run(ctx context.Context, c Config) (err error) {
	if err := findEngines(); err != nil {
		return err
	}
	t := &tour{Config: c}
	if t.dir, err = os.MkdirTemp("", "morag-demo-"); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	running, abort := context.WithCancelCause(ctx)
	t.abort, t.over = abort, running.Done()
	defer func() {
		abort(nil)
		err = errors.Join(err, t.stop())
	}()
	if err := t.show(running); err != nil {
		return err
	}
	fmt.Fprintln(t.Out)
	if t.Exit {
		return nil
	}
	fmt.Fprintf(t.Out, "The server is left running at %s (no key needed). Open this in a browser, and click the hit to hear it:\n"+
		"  %s/ui/search?q=apple+trees\nOr, in another terminal:\n  %s search --server %s %q\nCtrl-C stops it and removes %s.\n",
		t.addr, t.addr, t.Program, t.addr, "apple trees", t.dir)
	<-running.Done()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("demo: %w", context.Cause(running))
}

// watch ends the demo when a program does.
func (t *tour) watch(name string, child *program.Child) {
	go func() {
		select {
		case <-child.Done():
			t.abort(fmt.Errorf("the %s ended by itself (%v); its log ends:\n%s", name, child.Err(), child.LogTail(logTail)))
		case <-t.over:
		}
	}()
}

// logTail is how much of a program's log is shown when it ended badly.
const logTail = 2 << 10

// findEngines names every missing program at once, and what brings them.
func findEngines() error {
	var programs, packages []string
	for _, engine := range []struct{ name, debian string }{
		{"text2wave", "festival festvox-us-slt-hts"},
		{"ffmpeg", "ffmpeg"},
		{"pocketsphinx_continuous", "pocketsphinx pocketsphinx-en-us"},
		{"pdftohtml", "poppler-utils"},
	} {
		if _, err := proc.Find(engine.name); err != nil {
			programs, packages = append(programs, engine.name), append(packages, engine.debian)
		}
	}
	if len(programs) == 0 {
		return nil
	}
	return fmt.Errorf("demo: not found: %s: apt-get install %s", strings.Join(programs, ", "), strings.Join(packages, " "))
}

// stop ends the worker, then the server, which the worker needs to end in order, and
// removes the folder.
func (t *tour) stop() error {
	var errs []error
	for _, p := range []struct {
		name  string
		child *program.Child
	}{{"worker", t.worker}, {"server", t.server}} {
		if p.child == nil {
			continue
		}
		if err := p.child.Stop(grace); err != nil {
			errs = append(errs, fmt.Errorf("stop the %s: %w\n%s", p.name, err, p.child.LogTail(logTail)))
		} else {
			fmt.Fprintf(t.Out, "Stopped the %s.\n", p.name)
		}
	}
	if err := os.RemoveAll(t.dir); err != nil {
		errs = append(errs, fmt.Errorf("demo: %w", err))
	}
	return errors.Join(errs...)
}

func (t *tour) file(name string) string { return filepath.Join(t.dir, name) }
