package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

// board shows how far several sources are: on a terminal by a bar for each and one for all
// of them, elsewhere by lines of each. Its caller takes turns.
type board struct {
	out   io.Writer
	all   int
	ended int
	lines map[string]*progress // by source, unless there are bars
	bars  []bar                // of the sources that have begun and not ended, the oldest first
	drawn int                  // lines on the terminal
	at    time.Time            // when they were drawn
	now   func() time.Time
}

type bar struct {
	source, label, message string
	fraction               float64
}

// maxBars are shown at a time, and drawEvery is how often at most what is under way is drawn;
// what begins is shown at once.
const (
	maxBars   = 8
	drawEvery = 100 * time.Millisecond
)

func newBoard(out io.Writer, all int) board {
	return board{out: out, all: all, lines: map[string]*progress{}, now: time.Now}
}

func (b *board) show(source, label string, fraction float64, message string) {
	if screen := terminalOf(b.out); screen != nil && b.all > 1 {
		begins := b.put(bar{source, label, oneLine(message), min(max(fraction, 0), 1)})
		if begins || b.now().Sub(b.at) >= drawEvery {
			b.draw(screen)
		}
		return
	}
	if b.lines[source] == nil {
		b.lines[source] = newProgress(b.out, label)
	}
	b.lines[source].show(fraction, message)
}

// put adds a bar, or changes the one of its source; it tells whether the source begins.
func (b *board) put(one bar) (begins bool) {
	i := slices.IndexFunc(b.bars, func(other bar) bool { return other.source == one.source })
	if i < 0 {
		b.bars = append(b.bars, one)
		return true
	}
	b.bars[i] = one
	return false
}

// draw draws all bars over those that are there.
func (b *board) draw(screen *os.File) {
	width, _, err := term.GetSize(int(screen.Fd()))
	if err != nil || width < 1 {
		width = 80
	}
	var text strings.Builder
	text.WriteString(b.over())
	lines := b.rows(width)
	text.WriteString(strings.Join(lines, "\n") + "\n")
	_, _ = io.WriteString(screen, text.String()) // a terminal that has gone away
	b.drawn, b.at = len(lines), b.now()
}

// rows are the lines to draw: a bar for each source that is under way, and one for all.
func (b *board) rows(width int) []string {
	var rows []string
	whole := float64(b.ended)
	for i, one := range b.bars {
		whole += one.fraction
		if i < maxBars {
			rows = append(rows, one.row(width))
		}
	}
	if more := len(b.bars) - maxBars; more > 0 {
		rows = append(rows, fmt.Sprintf("… and %d more", more))
	}
	total := bar{label: fmt.Sprintf("%d of %d", b.ended, b.all), fraction: whole / float64(b.all)}
	return append(rows, total.row(width))
}

// The widths of a bar and of the name before it.
const (
	barWidth   = 20
	labelWidth = 24
)

// row is the bar in a line that is shorter than width, so that no terminal breaks it.
func (one bar) row(width int) string {
	full := int(math.Floor(one.fraction * barWidth))
	text := fmt.Sprintf("%s %s%s %3.0f%% %s", fixed(one.label, labelWidth),
		strings.Repeat("█", full), strings.Repeat("░", barWidth-full), math.Floor(one.fraction*100), one.message)
	return strings.TrimRight(cut(text, width-1), " ")
}

// fixed cuts or fills a text to so many columns.
func fixed(text string, n int) string {
	text = cut(text, n)
	return text + strings.Repeat(" ", max(n-uniseg.StringWidth(text), 0))
}

// cut cuts a text to at most n columns of a terminal, of which some characters take two.
func cut(text string, n int) string {
	if uniseg.StringWidth(text) <= n {
		return text
	}
	var kept strings.Builder
	for rest, used := text, 1; rest != ""; {
		character, after, width, _ := uniseg.FirstGraphemeClusterInString(rest, -1)
		if used += width; used > n {
			break
		}
		kept.WriteString(character)
		rest = after
	}
	return kept.String() + "…"
}

// over removes the bars that are on the terminal.
func (b *board) over() string {
	if b.drawn == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\x1b[J", b.drawn)
}

// clear makes room for lines about other things; the next show draws the bars below them.
func (b *board) clear() {
	if screen := terminalOf(b.out); screen != nil && b.drawn > 0 {
		_, _ = io.WriteString(screen, b.over())
		b.drawn, b.at = 0, time.Time{}
	}
}

// end makes room for a line about a source.
func (b *board) end(source string) {
	b.ended++
	b.bars = slices.DeleteFunc(b.bars, func(one bar) bool { return one.source == source })
	b.clear()
	if own := b.lines[source]; own != nil {
		own.done()
		delete(b.lines, source)
	}
}

func (b *board) done() {
	b.clear()
	for _, line := range b.lines {
		line.done()
	}
}
