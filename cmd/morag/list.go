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
			fit(rows, width)
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
var prose = []string{"NAME", "TITLE", "ERROR", "TYPES", "FOR", "TO GET IT", "CHECK"}

const shortest = 12

// fit cuts what is widest, until the rows are no wider than width or nothing may be cut.
func fit(rows [][]string, width int) {
	if len(rows) == 0 {
		return
	}
	widths, whole := make([]int, len(rows[0])), -gap
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, w := range widths {
		whole += w + gap
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
