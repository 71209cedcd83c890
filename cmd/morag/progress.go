package main

import (
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far one thing is: a bar on a terminal, a line now and then
// elsewhere. It is safe for concurrent use.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	label string
	bar   *progressbar.ProgressBar // nil when out is no terminal
	last  string
	at    time.Time
	now   func() time.Time
}

// linesEvery is how often a line is printed while only the percentage moves.
const linesEvery = 2 * time.Second

func newProgress(out io.Writer, label string) *progress {
	label = oneLine(label)
	p := &progress{out: out, label: label, now: time.Now}
	if f := terminalOf(out); f != nil {
		p.bar = progressbar.NewOptions(100, progressbar.OptionSetWriter(f), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetDescription(label), progressbar.OptionSetWidth(30))
	}
	return p
}

// show tells the fraction (0–1) and what is being done.
func (p *progress) show(fraction float64, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	percent := int(math.Round(min(max(fraction, 0), 1) * 100))
	message = oneLine(message)
	if p.bar != nil {
		p.bar.Describe(p.label + ": " + message)
		_ = p.bar.Set(min(percent, 99)) // at 100 it would end; errors are of a terminal that has gone away
		return
	}
	if message == p.last && p.now().Sub(p.at) < linesEvery {
		return
	}
	p.last, p.at = message, p.now()
	fmt.Fprintf(p.out, "%s: %3d%% %s\n", p.label, percent, message)
}

// done removes the bar.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
