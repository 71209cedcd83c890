package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"golang.org/x/term"

	"morag/internal/client"
)

// page says which part of a list is shown.
type page struct {
	Limit  int    `default:"50" min:"1" max:"1000" help:"How many, at most 1000."`
	Cursor string `help:"Where the page before ended; a list that goes on says so."`
}

func (p page) list() client.List { return client.List{Limit: p.Limit, Cursor: p.Cursor} }

// listed prints the rows of a page, and on standard error how to see the next one.
func listed(std streams, rows [][]string, next *string) error {
	if err := table(std.out, rows); err != nil {
		return err
	}
	if next != nil {
		fmt.Fprintf(std.err, "there are more: --cursor %s\n", oneLine(*next))
	}
	return nil
}

// table prints rows in columns, the first row as their heads. On a terminal they are cut to
// its width.
func table(w io.Writer, rows [][]string) error {
	for _, row := range rows {
		for i, cell := range row {
			row[i] = oneLine(cell)
		}
	}
	if f := terminalOf(w); f != nil {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			rows = fitting(rows, width)
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, gap, ' ', 0)
	for _, row := range rows {
		if _, err := fmt.Fprintln(t, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}

// gap is between columns.
const gap = 2

// prose are the columns that may be cut, down to shortest characters: ids, times and
// states are only of use whole.
var prose = []string{"NAME", "TITLE", "ERROR", "MESSAGE", "TYPES", "FOR", "TO GET IT", "CHECK"}

const shortest = 12

// lesser are the columns that a narrow terminal does without, in this order; --json has
// them all.
var lesser = []string{"STAGE", "CHARACTERS", "CONVERTED", "WORKER IDS", "CHUNKS", "CREATED", "UPDATED", "LAST SEEN", "LAST USED", "ATTEMPT", "PROGRESS", "DONE", "TYPE", "PURPOSE"}

// fitting cuts rows to a width and, as long as they are wider, leaves out what is lesser.
func fitting(rows [][]string, width int) [][]string {
	if len(rows) == 0 {
		return rows
	}
	for _, name := range lesser {
		narrow := 0
		for i := range rows[0] {
			n := widest(rows, i)
			if slices.Contains(prose, rows[0][i]) {
				n = min(n, shortest)
			}
			narrow += n + gap
		}
		if narrow-gap <= width {
			break
		}
		if i := slices.Index(rows[0], name); i >= 0 {
			for j, row := range rows {
				rows[j] = slices.Delete(slices.Clone(row), i, i+1)
			}
		}
	}
	fit(rows, width)
	return rows
}

func widest(rows [][]string, column int) (n int) {
	for _, row := range rows {
		n = max(n, utf8.RuneCountInString(row[column]))
	}
	return n
}

// fit cuts what is widest, until the rows are no wider than width or nothing may be cut.
func fit(rows [][]string, width int) {
	if len(rows) == 0 {
		return
	}
	widths, whole := make([]int, len(rows[0])), -gap
	for i := range widths {
		widths[i] = widest(rows, i)
		whole += widths[i] + gap
	}
	for ; whole > width; whole-- {
		widest := -1
		for i, head := range rows[0] {
			if slices.Contains(prose, head) && widths[i] > shortest && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	for _, row := range rows {
		for i, cell := range row {
			if runes := []rune(cell); len(runes) > widths[i] {
				row[i] = string(runes[:widths[i]-1]) + "…"
			}
		}
	}
}
