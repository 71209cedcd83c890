package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"morag/internal/wire"
)

type askCmd struct {
	server
	Question []string       `arg:"" help:"What you want to know."`
	Limit    int            `default:"6" min:"1" max:"20" help:"How many passages the model gets, at most 20."`
	Filters  map[string]any `type:"object" placeholder:"JSON" help:"Only from what has these metadata, a JSON object, as of search."`
}

// Run shows the answer as it comes, and then what it rests on.
func (c *askCmd) Run(ctx context.Context, std streams) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	in := wire.Ask{Question: strings.Join(c.Question, " "), Limit: &c.Limit, Filters: c.Filters}
	if c.JSON {
		answer, err := api.Ask(ctx, in, nil)
		if err != nil {
			return err
		}
		return printJSON(std.out, answer)
	}
	begun := false
	answer, err := api.Ask(ctx, in, func(text string) {
		begun = true
		fmt.Fprint(std.out, printable(text))
	})
	if begun {
		fmt.Fprintln(std.out)
	}
	if err != nil {
		return err
	}
	for _, w := range answer.Warnings {
		fmt.Fprintf(std.err, "warning: %s\n", oneLine(w))
	}
	return printCitations(std.out, answer.Citations)
}

// printable is a stranger's text, in lines, for a terminal.
func printable(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = oneLine(line)
	}
	return strings.Join(lines, "\n")
}

func printCitations(out io.Writer, all []wire.Citation) error {
	if len(all) == 0 {
		return nil
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.DocumentID
	}
	short := shorten(ids)
	var b strings.Builder
	for _, c := range all {
		hit := wire.Hit{DocumentID: c.DocumentID, Document: c.Document, Start: c.Start, Page: c.Page, Heading: c.Heading, Speaker: c.Speaker}
		fmt.Fprintf(&b, "\n[%d] %s%s\n    %s", c.N, source(hit, short), where(hit), flat(c.Quote))
	}
	_, err := fmt.Fprintln(out, b.String())
	return err
}
