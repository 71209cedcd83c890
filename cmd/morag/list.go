package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"morag/internal/client"
)

// page says which part of a list is shown.
type page struct {
	Limit  int    `default:"50" help:"How many."`
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

// table prints rows in columns, the first row as their heads.
func table(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = oneLine(cell)
		}
		if _, err := fmt.Fprintln(t, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}
