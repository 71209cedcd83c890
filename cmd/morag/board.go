package main

import (
	"fmt"
	"io"
)

// board shows how far several sources are: on a terminal by one bar for all of them,
// elsewhere by lines of each. Its caller takes turns.
type board struct {
	out   io.Writer
	all   int
	ended int
	lines map[string]*progress // by source; on a terminal only one, of all
	parts map[string]float64   // how far those are that have not ended
}

func newBoard(out io.Writer, all int) board {
	return board{out: out, all: all, lines: map[string]*progress{}, parts: map[string]float64{}}
}

func (b *board) show(source, label string, fraction float64, message string) {
	if b.all > 1 && isTerminal(b.out) {
		b.parts[source] = fraction
		whole := float64(b.ended)
		for _, part := range b.parts {
			whole += part
		}
		message = label + ": " + message
		source, label, fraction = "", fmt.Sprintf("%d of %d", b.ended, b.all), whole/float64(b.all)
	}
	if b.lines[source] == nil {
		b.lines[source] = newProgress(b.out, label)
	}
	b.lines[source].relabel(label)
	b.lines[source].show(fraction, message)
}

// end makes room for a line about a source.
func (b *board) end(source string) {
	b.ended++
	delete(b.parts, source)
	if shared := b.lines[""]; shared != nil {
		shared.clear()
	} else if own := b.lines[source]; own != nil {
		own.done()
		delete(b.lines, source)
	}
}

func (b *board) done() {
	for _, line := range b.lines {
		line.done()
	}
}
